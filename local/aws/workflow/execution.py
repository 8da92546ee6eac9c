"""The loop that walks an execution through its states; the states themselves are ministack's.

Unlike the stock loop it can start at any state with given variables (what a redrive needs), runs a Distributed Map's
child as a separate execution, keeps a checkpoint per state, and enforces the 256 KiB limit and TimeoutSeconds.
"""

import copy
import json
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as sfn

from local.aws import permissions

MAX_STATE_DATA_BYTES = 262_144

Execution = dict[str, Any]


def run(
    execution: Execution,
    definition: dict[str, Any],
    start_at: str,
    state_input: Any,
    variables: dict[str, Any] | None = None,
) -> None:
    """Runs the execution to its end and records status, output, error and history in it. Never raises."""
    permissions.act_as(execution["roleArn"])
    machine_arn = execution["stateMachineArn"]
    ctx: dict[str, Any] = {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": json.loads(execution["input"]),
            "Name": execution["name"],
            "RoleArn": execution["roleArn"],
            "StartTime": execution["startDate"],
            "RedriveCount": execution.get("redriveCount", 0),
        },
        "StateMachine": {"Id": machine_arn, "Name": machine_arn.split(":")[6]},
        "variables": variables or {},
    }
    attempt = attempt_of(execution)
    execution["definition"] = definition
    if execution.get("redriveDate"):
        ctx["Execution"]["RedriveTime"] = execution["redriveDate"]
    try:
        output = _walk(execution, definition, start_at, state_input, ctx)
        if is_current(execution, attempt):
            encoded = _encode(output)
            execution.update(status="SUCCEEDED", output=encoded, stopDate=now_iso())
            sfn._add_event(execution, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": encoded}})
            sfn._emit_execution_status_event(execution)
    except sfn._ExecutionError as failure:
        if is_current(execution, attempt):
            _fail(execution, failure.error, failure.cause)
    except Exception as failure:  # noqa: BLE001 -- whatever a state raises fails the execution
        sfn.logger.exception("Unexpected error in execution %s", execution["executionArn"])
        if is_current(execution, attempt):
            _fail(execution, "States.Runtime", str(failure))


def attempt_of(execution: Execution) -> int:
    """How often the execution was redriven; a stopped execution's former attempt may still wait for a function."""
    return int(execution.get("redriveCount", 0))


def is_current(execution: Execution, attempt: int) -> bool:
    """Whether this attempt runs: it was neither stopped nor replaced by a redrive."""
    return bool(execution["status"] == "RUNNING") and attempt_of(execution) == attempt


def _walk(execution: Execution, definition: dict[str, Any], start_at: str, data: Any, ctx: dict[str, Any]) -> Any:
    handlers: dict[str, Callable[[dict[str, Any], Any], tuple[Any, str | None]]] = {
        "Pass": lambda state, data: sfn._execute_pass(state, data, ctx),
        "Choice": lambda state, data: sfn._execute_choice(state, data, ctx),
        "Wait": lambda state, data: sfn._execute_wait(state, data, ctx),
        "Task": lambda state, data: sfn._execute_task(state, data, execution, ctx),
        "Map": lambda state, data: sfn._execute_map(state, data, execution, ctx),
        "Parallel": lambda state, data: sfn._execute_parallel(state, data, execution, ctx),
        "Succeed": lambda state, data: (_succeed(state, data, ctx), None),
    }
    deadline = time.monotonic() + definition.get("TimeoutSeconds", float("inf"))
    name: str | None = start_at
    attempt = ctx["Execution"]["RedriveCount"]
    while name and is_current(execution, attempt):
        if time.monotonic() > deadline:
            raise sfn._ExecutionError("States.Timeout", f"Execution took over {definition['TimeoutSeconds']} seconds")
        state = definition["States"].get(name)
        if state is None:
            raise sfn._ExecutionError("States.Runtime", f"State '{name}' not found in definition")
        execution["checkpoint"] = {"state": name, "input": data, "variables": copy.deepcopy(ctx["variables"])}
        ctx["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        kind = state["Type"]
        sfn._add_event(
            execution, f"{kind}StateEntered", {"stateEnteredEventDetails": {"name": name, "input": _encode(data)}}
        )
        if kind == "Fail":
            raise sfn._ExecutionError(*sfn._fail_state_error(state, data, ctx))
        data, following = handlers[kind](state, data)
        if not is_current(execution, attempt):
            break
        sfn._add_event(
            execution, f"{kind}StateExited", {"stateExitedEventDetails": {"name": name, "output": _encode(data)}}
        )
        name = following
    return data


def _succeed(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        return sfn._apply_jsonata_output(state, data, ctx, default=data)
    return sfn._apply_output_path(state, sfn._apply_input_path(state, data, ctx), ctx)


def _encode(data: Any) -> str:
    encoded = json.dumps(data)
    if len(encoded.encode()) > MAX_STATE_DATA_BYTES:
        raise sfn._ExecutionError(
            "States.DataLimitExceeded", "The state's data exceeds the maximum number of bytes service limit (262144)."
        )
    return encoded


def _fail(execution: Execution, error: str, cause: str) -> None:
    timed_out = error == "States.Timeout" and cause.startswith("Execution took over")
    sfn._fail_execution(execution, error, cause)
    execution["output"] = None
    if timed_out:
        execution["status"] = "TIMED_OUT"


def _run_from_start(execution_arn: str) -> None:
    execution = sfn._executions[execution_arn]
    machine = sfn._state_machines[execution["stateMachineArn"]]
    execution["roleArn"] = machine["roleArn"]
    definition = json.loads(machine["definition"])
    run(execution, definition, definition["StartAt"], json.loads(execution["input"]))


def apply() -> None:
    """Replaces the stock loop, and limits a task's result like any other state data."""
    invoke = sfn._invoke_resource

    def invoke_within_limit(resource: str, arguments: Any) -> Any:
        result = invoke(resource, arguments)
        _encode(result)
        return result

    sfn._invoke_resource = invoke_within_limit
    sfn._run_execution = _run_from_start

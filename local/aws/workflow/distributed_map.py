"""A Distributed Map in a JSONata workflow, each item a child execution.

Stock ministack reads the JSONPath fields only, gives children their parent's context and variables, and puts a null
for each failed child. Here a failed child adds no result, and stopping the parent stops its children.
"""

import contextvars
import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

from ministack.core.responses import new_uuid, now_iso
from ministack.services import stepfunctions as sfn

from local.aws import permissions
from local.aws.workflow import execution as loop

_UNSUPPORTED = ("ItemReader", "ItemBatcher", "ResultWriter", "ItemsPath", "Parameters")
_MAX_THREADS = 64
_COUNTS = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten")


def apply() -> None:
    """Routes a JSONata Map in DISTRIBUTED mode here; every other Map stays ministack's."""
    run_inline = sfn._run_map_items

    def run_map(state: dict[str, Any], data: Any, execution: loop.Execution, ctx: dict[str, Any]) -> Any:
        mode = state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode")
        if mode == "DISTRIBUTED" and sfn._state_query_language(state, ctx) == "JSONata":
            return _run_distributed(state, data, execution, ctx)
        return run_inline(state, data, execution, ctx)

    sfn._run_map_items = run_map


def _run_distributed(
    state: dict[str, Any], data: Any, execution: loop.Execution, ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    if unsupported := [field for field in _UNSUPPORTED if field in state]:
        raise sfn._ExecutionError("States.Runtime", f"{unsupported[0]} of a Distributed Map is not available locally.")
    permissions.require("states:StartExecution", execution["stateMachineArn"], "StepFunctions.AccessDeniedException")
    items = sfn._jsonata_state_field(state, "Items", "array", data, ctx) if "Items" in state else data
    if not isinstance(items, list):
        raise sfn._ExecutionError("States.QueryEvaluationError", "A Map state's Items must be an array.")
    map_run = _start_map_run(state, len(items), data, execution, ctx)
    children = [_child(state, index, item, data, map_run, execution, ctx) for index, item in enumerate(items)]
    _run_children(state, children, map_run, execution, ctx)
    _finish_map_run(state, map_run, execution)
    results = [json.loads(child["output"]) for child in children if child["status"] == "SUCCEEDED"]
    output = sfn._apply_jsonata_output(state, data, ctx, result=results, default=results)
    sfn._apply_state_assign(state, data, ctx, result=results)
    return output, sfn._next_or_end(state)


def _start_map_run(
    state: dict[str, Any], items: int, data: Any, execution: loop.Execution, ctx: dict[str, Any]
) -> dict[str, Any]:
    def number(field: str) -> float:
        return sfn._jsonata_state_field(state, field, "number", data, ctx) if field in state else 0

    _, _, _, region, account, _, machine = execution["stateMachineArn"].split(":")[:7]
    label = state.get("Label") or new_uuid()
    counts = {**dict.fromkeys(_COUNTS, 0), "pending": items, "total": items}
    map_run = {
        "mapRunArn": f"arn:aws:states:{region}:{account}:mapRun:{machine}/{label}:{new_uuid()}",
        "executionArn": execution["executionArn"],
        "status": "RUNNING",
        "startDate": now_iso(),
        "maxConcurrency": int(number("MaxConcurrency")),
        "toleratedFailurePercentage": float(number("ToleratedFailurePercentage")),
        "toleratedFailureCount": int(number("ToleratedFailureCount")),
        "itemCounts": counts,
        "executionCounts": counts,
        "redriveCount": 0,
        "_stateMachineArn": f"arn:aws:states:{region}:{account}:stateMachine:{machine}/{label}",
    }
    sfn._map_runs[map_run["mapRunArn"]] = map_run
    sfn._add_event(execution, "MapRunStarted", {"mapRunStartedEventDetails": {"mapRunArn": map_run["mapRunArn"]}})
    return map_run


def _child(
    state: dict[str, Any],
    index: int,
    item: Any,
    data: Any,
    map_run: dict[str, Any],
    execution: loop.Execution,
    ctx: dict[str, Any],
) -> loop.Execution:
    item_ctx = {**copy.deepcopy(ctx), "Map": {"Item": {"Index": index, "Value": item}}}
    child_input = (
        sfn._apply_jsonata_template(state["ItemSelector"], data, item_ctx) if "ItemSelector" in state else item
    )
    name = new_uuid()
    return {
        "executionArn": f"{map_run['_stateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}",
        "stateMachineArn": map_run["_stateMachineArn"],
        "mapRunArn": map_run["mapRunArn"],
        "roleArn": execution["roleArn"],
        "name": name,
        "status": "RUNNING",
        "startDate": now_iso(),
        "stopDate": None,
        "input": json.dumps(child_input),
        "output": None,
        "events": [],
        "mockAttempts": {},
        "sync": True,  # a child publishes no status changes
    }


def _run_children(
    state: dict[str, Any],
    children: list[loop.Execution],
    map_run: dict[str, Any],
    execution: loop.Execution,
    ctx: dict[str, Any],
) -> None:
    definition = {"QueryLanguage": ctx["QueryLanguage"], **state["ItemProcessor"]}
    counts, counting = map_run["executionCounts"], threading.Lock()

    attempt = ctx["Execution"]["RedriveCount"]

    def run_child(child: loop.Execution) -> None:
        if not loop.is_current(execution, attempt):
            child["status"] = "ABORTED"
            return
        sfn._executions[child["executionArn"]] = child
        child["startDate"] = now_iso()
        with counting:
            counts["pending"] -= 1
            counts["running"] += 1
        sfn._add_event(child, "ExecutionStarted", {"executionStartedEventDetails": {"input": child["input"]}})
        loop.run(child, definition, definition["StartAt"], json.loads(child["input"]))
        outcome = {"SUCCEEDED": "succeeded", "ABORTED": "aborted", "TIMED_OUT": "timedOut"}
        with counting:
            counts["running"] -= 1
            counts[outcome.get(child["status"], "failed")] += 1

    threads = map_run["maxConcurrency"] or min(len(children), _MAX_THREADS) or 1
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = {pool.submit(contextvars.copy_context().run, run_child, child) for child in children}
        while futures:
            done, futures = wait_for(futures, timeout=0.2)
            for finished in done:
                finished.result()
            if not loop.is_current(execution, attempt):
                _abort(children)


def _abort(children: list[loop.Execution]) -> None:
    for child in children:
        if child["status"] == "RUNNING":
            child.update(status="ABORTED", stopDate=now_iso())


def _finish_map_run(state: dict[str, Any], map_run: dict[str, Any], execution: loop.Execution) -> None:
    counts = map_run["executionCounts"]
    failed = counts["failed"] + counts["timedOut"] + counts["aborted"]
    limits = []
    if "ToleratedFailureCount" in state:
        limits.append(failed > map_run["toleratedFailureCount"])
    if "ToleratedFailurePercentage" in state:
        limits.append(failed * 100 > map_run["toleratedFailurePercentage"] * counts["total"])
    exceeded = any(limits) if limits else failed > 0
    map_run.update(status="FAILED" if exceeded else "SUCCEEDED", stopDate=now_iso())
    if exceeded:
        sfn._add_event(execution, "MapRunFailed")
        raise sfn._ExecutionError(
            "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
        )
    sfn._add_event(execution, "MapRunSucceeded")

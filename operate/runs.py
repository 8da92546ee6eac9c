"""Follows an execution of the workflow: the present state of each table, and the outcome."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_POLL_SECONDS = 0.3
_RESULT_FIELDS: dict[str, Any] = {
    "table_name": None,
    "strategy": None,
    "status": "FAILED",
    "target": None,
    "exported": 0,
    "loaded": 0,
    "merged": 0,
    "deleted": 0,
    "quarantined": 0,
    "seconds": 0,
}
# What the workflow omits where it is zero or empty.
_COUNTED: dict[str, Any] = {"duplicates": 0, "quarantined_columns": {}, "held": 0, "drift": 0}


@dataclass(frozen=True)
class TableProgress:
    """One table's child execution: the state it is in or ended in, and its status in Step Functions."""

    table_name: str
    state: str
    status: str


@dataclass(frozen=True)
class Outcome:
    """An ended execution.

    ``tables`` has one result object per table, completed from its child execution, because the parent's output is too
    small for all of it. ``error`` is set when the execution failed before there were results.
    """

    status: str
    execution_arn: str
    tables: list[dict[str, Any]]
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether no table failed: each was loaded, idle, or busy in another execution."""
        return self.status == "SUCCEEDED"

    def as_json(self) -> dict[str, Any]:
        """The object that ``run --json`` prints."""
        printed = {"status": self.status, "execution_arn": self.execution_arn, "tables": self.tables}
        return printed if self.error is None else {**printed, "error": self.error}


@dataclass
class _Child:
    arn: str
    table_name: str
    last_seen: TableProgress | None = field(default=None)


class Workflow:
    """The deployed state machine; ``step_functions`` is a boto3 client of its region."""

    def __init__(self, step_functions: Any, state_machine_arn: str) -> None:
        self._states = step_functions
        self._arn = state_machine_arn

    def start(self, tables: Sequence[str] | None = None, replay: bool = False) -> str:
        """Starts an execution for all configured tables, or for these; returns its ARN.

        ``replay`` merges their quarantine and reads nothing from Aurora.
        """
        wanted: dict[str, Any] = {"tables": list(tables)} if tables else {}
        if replay:
            wanted["replay"] = True
        return str(self._states.start_execution(stateMachineArn=self._arn, input=json.dumps(wanted))["executionArn"])

    def redrive(self, execution_arn: str) -> None:
        """Resumes a failed execution: only its failed tables run again."""
        self._states.redrive_execution(executionArn=execution_arn)

    def follow(self, execution_arn: str, on_progress: Callable[[list[TableProgress]], None] | None = None) -> Outcome:
        """Waits for the end, and passes every table's progress to ``on_progress`` at each look."""
        children: dict[str, _Child] = {}
        while True:
            status = self._states.describe_execution(executionArn=execution_arn)["status"]
            if on_progress:
                on_progress(self._progress(execution_arn, children))
            if status != "RUNNING":
                return self.outcome(execution_arn)
            time.sleep(_POLL_SECONDS)

    def outcome(self, execution_arn: str) -> Outcome:
        """The outcome of an ended execution."""
        ended = self._states.describe_execution(executionArn=execution_arn)
        succeeded = ended["status"] == "SUCCEEDED"
        data = json.loads(ended["output"]) if succeeded else self._last_input(execution_arn)
        if isinstance(data, dict) and "results" in data:
            ends = self._ends(execution_arn)
            tables = [_whole(result, ends.get(result.get("table_name", ""), {})) for result in data["results"]]
            return Outcome(ended["status"], execution_arn, tables)
        error = f"{ended.get('error', ended['status'])}: {_sentence(ended.get('cause', 'no cause given'))}"
        return Outcome(ended["status"], execution_arn, [], error)

    def _last_input(self, execution_arn: str) -> Any:
        """The input of the state entered last: the state that failed."""
        for event in self._newest_events(execution_arn):
            if entered := event.get("stateEnteredEventDetails"):
                return json.loads(entered["input"])
        return None

    def _newest_events(self, execution_arn: str) -> Iterator[dict[str, Any]]:
        pages = self._states.get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=execution_arn, reverseOrder=True, PaginationConfig={"PageSize": 50}):
            yield from page["events"]

    def _ends(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """The input of each table's last state, by table; that of the newest child where a table was redriven."""
        found: dict[str, dict[str, Any]] = {}
        for listed in self._children(execution_arn):
            given = self._last_input(listed["executionArn"])
            found[given["table"]["table_name"]] = given
        return found

    def _progress(self, execution_arn: str, children: dict[str, _Child]) -> list[TableProgress]:
        seen: dict[str, TableProgress] = {}
        for listed in self._children(execution_arn):
            progress = self._child_progress(listed["executionArn"], listed["status"], children)
            seen[progress.table_name] = progress  # a redriven table's newest child wins
        return list(seen.values())

    def _children(self, execution_arn: str) -> Iterator[dict[str, Any]]:
        """The executions of the tables, the oldest first."""
        map_runs = self._states.list_map_runs(executionArn=execution_arn)["mapRuns"]
        for map_run in sorted(map_runs, key=lambda run: run["startDate"]):
            pages = self._states.get_paginator("list_executions").paginate(mapRunArn=map_run["mapRunArn"])
            yield from sorted((one for page in pages for one in page["executions"]), key=lambda one: one["startDate"])

    def _child_progress(self, arn: str, status: str, children: dict[str, _Child]) -> TableProgress:
        child = children.get(arn)
        if child is None:
            given = json.loads(self._states.describe_execution(executionArn=arn)["input"])
            child = children[arn] = _Child(arn, given["table"]["table_name"])
        if child.last_seen and child.last_seen.status != "RUNNING":
            return child.last_seen
        entered = (event.get("stateEnteredEventDetails") for event in self._newest_events(arn))
        state = next((details["name"] for details in entered if details), "Starting")
        child.last_seen = TableProgress(child.table_name, state, status)
        return child.last_seen


def _whole(result: dict[str, Any], end: dict[str, Any]) -> dict[str, Any]:
    """A table's result in the execution's output, completed from `end`, the input of its child's last state."""
    bounds, failure = end.get("bounds", {}), end.get("failure")
    counted = {**_RESULT_FIELDS, **(_COUNTED if bounds or failure else {}), **result}
    if failure:
        planned = {"strategy": end["table"].get("spec", {}).get("watermark_type"), "target": bounds.get("target")}
        return {**counted, **planned, "error": f"{failure['error']}: {failure['message']}"}
    if "result" in end:
        return {**counted, **end["result"]}
    planned = {name: bounds[name] for name in ("strategy", "target", "held", "note") if name in bounds}
    return {**counted, **planned}


def _sentence(cause: str) -> str:
    """The exception's message; a failed function's cause is JSON around it."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause

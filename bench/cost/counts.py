"""What one execution used: transitions from its history, milliseconds from Lambda's reports, statements, metrics."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from bench.cost.usage import Counts
from infra.constructs.function_specs import FUNCTIONS
from local.aws.server import Aws
from local.cloud.context import STACK
from local.endpoints import Endpoints, aws_of
from operate.runs import Workflow

_DEFINITION = Path(__file__).resolve().parents[2] / "statemachine" / "sync.asl.yaml"
_REPORT = re.compile(r"REPORT RequestId: \S+\tDuration: ([\d.]+) ms\t")
MEMORY = {spec.name: spec.memory for spec in FUNCTIONS}


@dataclass(frozen=True)
class Meter:
    """Runs tables on a laptop cloud and counts their usage."""

    known: Endpoints

    def statements(self, on_warehouse: bool = False) -> Counter[str]:
        """The number of statements sent to Snowflake so far, all or those that need a warehouse, by first word."""
        snowflake = self.known["snowflake"]
        chosen = "?warehouse=true" if on_warehouse else ""
        url = f"http://{snowflake['host']}:{snowflake['port']}/laptop/statements{chosen}"
        with urlopen(url, timeout=10) as answer:
            return Counter(json.loads(answer.read()))

    def files(self) -> int:
        """Objects in the staging bucket."""
        pages = aws_of(self.known).client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.known["bucket"])
        return sum(len(page.get("Contents", [])) for page in pages)

    def measure(self, tables: Sequence[str]) -> tuple[Counts, list[dict[str, Any]]]:
        """Runs the tables once; returns the usage and their results."""
        before, files = [self.statements(on_warehouse) for on_warehouse in (False, True)], self.files()
        workflow = Workflow(aws_of(self.known).client("stepfunctions"), self.known["state_machine_arn"])
        outcome = workflow.follow(workflow.start(tables))
        if outcome.error:
            raise RuntimeError(outcome.error)
        used = self._used(outcome.execution_arn)
        sent, on_warehouse = (
            {word: float(number) for word, number in (self.statements(chosen) - earlier).items()}
            for chosen, earlier in zip((False, True), before, strict=True)
        )
        used = replace(used, statements=sent, on_warehouse=on_warehouse, files=self.files() - files)
        return used, outcome.tables

    def _used(self, execution: str) -> Counts:
        aws = aws_of(self.known)
        children = list(_children(aws, execution))
        events = [event for one in [execution, *children] for event in _history(aws, one)]
        # State transitions as they are billed: each state that was entered (and each retry: here none).
        entered = Counter(
            event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")
        )
        milliseconds: Counter[str] = Counter()
        invocations, log_bytes, metrics, since = 0, 0, set[str](), _started(aws, execution)
        for spec in FUNCTIONS:
            for line in _log_lines(aws, f"/aws/lambda/{STACK}-{spec.dashed}", since):
                metrics |= set(_metrics(line))
                log_bytes += len(line.encode())
                if found := _REPORT.search(line):
                    invocations += 1
                    milliseconds[spec.name] += round(float(found[1]))
        return Counts(
            # A Distributed Map is billed one transition for each child execution that it starts.
            transitions=len(children) + entered.total(),
            invocations=invocations,
            gigabyte_seconds=sum(MEMORY[name] / 1024 * spent / 1000 for name, spent in milliseconds.items()),
            load_looks=entered["Await load"],
            merge_looks=entered["Merge"],
            lease_writes=sum(entered[name] for name in lease_states()),
            log_bytes=log_bytes,
            milliseconds=dict(milliseconds),
            statements={},
            on_warehouse={},
            metrics=len(metrics),
            files=0,
        )


def _children(aws: Aws, execution: str) -> Iterator[str]:
    states = aws.client("stepfunctions")
    for run in states.list_map_runs(executionArn=execution)["mapRuns"]:
        for page in states.get_paginator("list_executions").paginate(mapRunArn=run["mapRunArn"]):
            yield from (child["executionArn"] for child in page["executions"])


def _history(aws: Aws, execution: str) -> Iterator[dict[str, Any]]:
    pages = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
    for page in pages:
        yield from page["events"]


def lease_states() -> list[str]:
    """The states of the definition that ask DynamoDB."""
    return sorted(_states_of("dynamodb", yaml.safe_load(_DEFINITION.read_text())))


def _states_of(service: str, part: Any) -> Iterator[str]:
    """The names of the states below a part of the definition whose resource is of this service."""
    if not isinstance(part, Mapping):
        return
    for name, state in part.get("States", {}).items():
        if f":::{service}:" in state.get("Resource", ""):
            yield name
    for inner in part.values():
        yield from _states_of(service, inner)


def _started(aws: Aws, execution: str) -> int:
    """Milliseconds since 1970."""
    start = aws.client("stepfunctions").describe_execution(executionArn=execution)["startDate"]
    return int(start.timestamp() * 1000)


def _log_lines(aws: Aws, group: str, since: int) -> Iterator[str]:
    logs = aws.client("logs")
    try:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
            yield from (event["message"] for event in page["events"])
    except logs.exceptions.ResourceNotFoundException:  # a function that never ran has none
        return


def _metrics(line: str) -> Iterator[str]:
    """The distinct metrics of a line in CloudWatch's embedded metric format: each set of dimensions is one more."""
    if '"_aws"' not in line:
        return
    written: dict[str, Any] = json.loads(line[line.index("{") :])
    for directive in written["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            values = [f"{name}={written[name]}" for name in dimensions]
            for metric in directive["Metrics"]:
                yield " ".join([metric["Name"], *values])

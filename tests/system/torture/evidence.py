"""What really happened: which row versions were exported how often, which commits were late, what is missing."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from functions.shared.contract.traits import TRAITS
from tests.support.laptop import Laptop
from tests.system.torture.workload import Write

_MOST_EXPORTS = 1.05


@dataclass(frozen=True)
class Verdict:
    """One table's figures. A row version that was exported twice counts twice in `exported`, once in `versions`."""

    strategy: str
    written: int
    late: int
    exported: int
    versions: int
    lost: int
    stale: int

    @property
    def factor(self) -> float:
        """How often a row version was exported, on average."""
        return self.exported / self.versions if self.versions else 0.0

    @property
    def exact(self) -> bool:
        """Whether nothing is lost or stale, and hardly anything was exported twice where a fence bounds it."""
        bounded = TRAITS[self.strategy].form == "whole" or self.factor <= _MOST_EXPORTS
        # Without one file there would be nothing to judge by.
        return not self.lost and not self.stale and bounded and self.versions > 0


@dataclass(frozen=True)
class FenceReading:
    """The fence of one run of one table was read between these moments."""

    entered: float
    exited: float


def fence_readings(laptop: Laptop, executions: Iterable[str]) -> dict[str, list[FenceReading]]:
    """The readings by table, from the history of every table's child execution."""
    states = laptop.aws.client("stepfunctions")
    readings: dict[str, list[FenceReading]] = {}
    for execution in executions:
        for map_run in states.list_map_runs(executionArn=execution)["mapRuns"]:
            for page in states.get_paginator("list_executions").paginate(mapRunArn=map_run["mapRunArn"]):
                for child in page["executions"]:
                    table, reading = _reading(states, child["executionArn"])
                    readings.setdefault(table, []).append(reading)
    return readings


def _reading(states: Any, child: str) -> tuple[str, FenceReading]:
    """The last visit of Watermark: an earlier one only settled."""
    entered = exited = 0.0
    table = ""
    for page in states.get_paginator("get_execution_history").paginate(executionArn=child):
        for event in page["events"]:
            if event.get("stateEnteredEventDetails", {}).get("name") == "Watermark":
                entered = event["timestamp"].timestamp()
            if event.get("stateExitedEventDetails", {}).get("name") == "Watermark":
                exited = event["timestamp"].timestamp()
    described = states.describe_execution(executionArn=child)["input"]
    table = described.split('"table_name":')[1].split('"')[1]
    return table, FenceReading(entered, exited)


def late_commits(writes: Iterable[Write], table: str, readings: list[FenceReading]) -> int:
    """Row versions whose watermark was there before some run read its fence, and whose commit came after."""
    mine = [write for write in writes if write.table == table]
    return sum(
        any(write.began < reading.entered and reading.exited < write.committing for reading in readings)
        for write in mine
    )


def exported(laptop: Laptop, table: str) -> Counter[tuple[str, str]]:
    """How often each row version, as (id, revision), was written to the table's folders of the staging bucket."""
    s3 = laptop.aws.client("s3")
    found: Counter[tuple[str, str]] = Counter()
    for key in laptop.files():
        if key.startswith(f"{table}-v"):
            body = s3.get_object(Bucket=laptop.known["bucket"], Key=key)["Body"].read().decode()
            found.update((row[0], row[1]) for row in csv.reader(io.StringIO(body)))
    return found


def verdict(laptop: Laptop, schema: str, name: str, target: str, writes: list[Write], late: int) -> Verdict:
    """Compares every row and column of one table; a row that FINAL alone has counts as stale."""
    found = laptop.compared(schema, name, target)
    lost = len(_ids(laptop, schema, name) - _final_ids(laptop, target))
    stale = max(found.only_in_aurora - lost, found.only_in_final)
    files = exported(laptop, f"{schema}.{name}")
    written = sum(write.table == name for write in writes)
    return Verdict(name, written, late, files.total(), len(files), lost, stale)


def _ids(laptop: Laptop, schema: str, name: str) -> set[int]:
    return {row[0] for row in laptop.sql(f"SELECT id FROM {schema}.{name}")}


def _final_ids(laptop: Laptop, target: str) -> set[int]:
    return {int(row[0]) for row in laptop.warehouse(f"SELECT ID FROM {target}")}

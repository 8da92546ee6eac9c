"""Dollars a month, from the lowest to the highest, of counted usage and assumed figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

from bench.cost import assumed, prices
from bench.cost.usage import Counts

_GIGABYTE = 10**9
_STATES_OF_A_LOOK = 3  # Wait for load, Await load, Loaded?; the same of a merge
_LOAD, _MERGE = "await_load", "merge"
Side = Literal["low", "high"]


@dataclass(frozen=True)
class Measured:
    """The usage of an execution, of an idle and of a busy table; `children` are the statements of one merge.

    `idle_statements` are those of an idle execution of 50 tables; `memory` is that of the functions in MB, and `stack`
    counts resources by type.
    """

    own: Counts
    idle: Counts
    busy: Counts
    children: int
    idle_statements: float
    memory: Mapping[str, int]
    stack: dict[str, int]

    @property
    def besides(self) -> float:
        """Statements of a busy table that need a warehouse, but for its merge, which is the one block."""
        return sum(number for word, number in self.busy.on_warehouse.items() if word != "EXECUTE")


@dataclass(frozen=True)
class Estimate:
    """One month with so many tables, at one end of what is assumed."""

    measured: Measured
    side: Side
    idle: int
    busy: int

    def _of(self, figure: assumed.Range) -> float:
        return figure.low if self.side == "low" else figure.high

    def _each(self, name: str) -> float:
        """The counted usage of an execution."""
        own, one, other = (getattr(one, name) for one in (self.measured.own, self.measured.idle, self.measured.busy))
        return max(0.0, float(own + self.idle * one + self.busy * other))

    @property
    def _looks(self) -> dict[str, float]:
        """Looks beyond those that were counted on the laptop, by function."""
        busy = self.measured.busy
        load, merge = self._of(assumed.LOAD_LOOKS) - busy.load_looks, self._of(assumed.MERGE_LOOKS) - busy.merge_looks
        return {_LOAD: self.busy * load, _MERGE: self.busy * merge}

    @property
    def _runs(self) -> float:
        """Of a month: one an hour, or as many as have the time."""
        return prices.HOURS * min(1.0, 3_600 / max(1.0, self.run_seconds()))

    @property
    def _transitions(self) -> float:
        return self._each("transitions") + _STATES_OF_A_LOOK * sum(self._looks.values())

    @property
    def _invocations(self) -> float:
        return self._each("invocations") + sum(self._looks.values())

    def transitions(self) -> float:
        """Step Functions."""
        return self._transitions * prices.TRANSITION * self._runs

    def compute(self) -> float:
        """Lambda, with its cold starts."""
        seconds = self._each("gigabyte_seconds")
        for name, looks in self._looks.items():
            counted = max(1.0, getattr(self.measured.busy, f"{name.removeprefix('await_')}_looks"))
            seconds += (
                looks
                * self.measured.busy.milliseconds.get(name, 0)
                / counted
                / 1000
                * self.measured.memory[name]
                / 1024
            )
        functions = [name for name, spent in self.measured.busy.milliseconds.items() if spent]
        cold = min(self.busy, assumed.AT_ONCE) * len(functions) * self._of(assumed.COLD_STARTS)
        seconds += cold * self._of(assumed.INIT)
        return (seconds * prices.GIGABYTE_SECOND + self._invocations * prices.INVOCATION) * self._runs

    def watching(self) -> float:
        """Metrics, logs and traces."""
        metrics = self._each("metrics")
        first = min(metrics, prices.FIRST_METRICS)
        logged = self._each("log_bytes") + self._transitions * self._of(assumed.WORKFLOW_EVENT)
        traced = self._invocations * self._of(assumed.TRACED)
        hourly = logged / _GIGABYTE * prices.LOG_GIGABYTE + traced * prices.TRACE
        return first * prices.METRIC + (metrics - first) * prices.FURTHER_METRIC + hourly * self._runs

    def requests(self) -> float:
        """S3's files and DynamoDB's leases."""
        hourly = self._each("files") * prices.PUT + self._each("lease_writes") * prices.LEASE_WRITE
        return hourly * self._runs

    def run_seconds(self) -> float:
        """How long an execution takes: so many tables at once, round after round."""
        return ceil(self.busy / assumed.AT_ONCE) * self._table_seconds()

    def _work_seconds(self) -> float:
        """What the warehouse does for one table."""
        return (self.measured.children + self.measured.besides) * self._of(assumed.STATEMENT)

    def _table_seconds(self) -> float:
        return self._of(assumed.STEPS) + self._of(assumed.SNOWPIPE) + self._work_seconds()

    def warehouse_seconds(self) -> float:
        """Of one execution. While tables follow each other it does not sleep; at least it sleeps through the last wait.

        At most it is awake from the first table's first statement on.
        """
        if not self.busy:
            return 0.0
        rounds = ceil(self.busy / assumed.AT_ONCE)
        awake = (rounds - 1) * self._table_seconds() + self._work_seconds()
        if self.side == "high":
            awake = rounds * self._table_seconds()
        return min(max(3_600.0, self.run_seconds()), awake + assumed.SUSPENDS_AFTER)

    def snowflake(self) -> float:
        """The warehouse, and cloud services beyond a tenth of it."""
        warehouse = self.warehouse_seconds() / 3_600 * self._of(assumed.CREDITS)
        own, idle, busy = (sum(one.statements.values()) for one in self._sides())
        statements = own + self.idle * idle + self.busy * (busy + self.measured.children)
        services = max(0.0, statements) * self._of(assumed.CLOUD_SERVICE)
        # Cloud services are billed where they exceed a tenth of the day's warehouse credits.
        return (warehouse + max(0.0, services - warehouse / 10)) * prices.CREDIT * self._runs

    def _sides(self) -> tuple[Counts, Counts, Counts]:
        return self.measured.own, self.measured.idle, self.measured.busy

    def costs(self) -> list[float]:
        """Transitions, Lambda, watching, requests, Snowflake, and all together."""
        parts = [self.transitions(), self.compute(), self.watching(), self.requests(), self.snowflake()]
        return [*parts, sum(parts)]

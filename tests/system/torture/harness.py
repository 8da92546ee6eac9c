"""Writers and executions at the same time, then the comparison of everything."""

import time
from dataclasses import dataclass, field

from tests.support.laptop import Laptop
from tests.system.torture.evidence import Verdict, fence_readings, late_commits, verdict
from tests.system.torture.workload import SPECS, Pace, Write, definition, writing

_QUIET_RUNS = 2
_FREEZE_EVERY = 3


class RunFailed(AssertionError):
    """An execution failed where every one must succeed."""


@dataclass
class Torture:
    """One schema of tables, one for each strategy, and what was done to them."""

    laptop: Laptop
    strategies: list[str] = field(default_factory=lambda: list(SPECS))
    strict: bool = True
    executions: list[str] = field(default_factory=list)
    transactions: int = 0
    seconds: float = 0

    @property
    def summary(self) -> str:
        """What was done, in words."""
        return f"{self.transactions:,} transactions, {len(self.executions)} executions, {self.seconds:.0f} s of writing"

    def __post_init__(self) -> None:
        self.schema = self.laptop.new_schema()
        for name in self.strategies:
            self.laptop.sql(definition(self.schema, name))
        self.laptop.configure([{"table_name": f"{self.schema}.{name}", **SPECS[name]} for name in self.strategies])
        self._targets: dict[str, str] = {}
        self._writes: list[Write] = []

    def run(self, writers: int, seconds: float, pace: Pace) -> list[Verdict]:
        """Executions back to back while the writers write, then quiet ones. Raises RunFailed."""
        self.sync()
        self.write(writers, seconds, pace)
        return self.finish()

    def write(self, writers: int, seconds: float, pace: Pace) -> None:
        """At least one execution, and as many as begin within so many seconds of writing."""
        began = time.monotonic()
        with writing(self.laptop.known["postgres"]["dsn"], self.schema, self.strategies, writers, pace) as team:
            while True:
                self.sync()
                if len(self.executions) % _FREEZE_EVERY == 0:
                    self.freeze()
                if time.monotonic() - began > seconds:
                    break
        self.seconds = time.monotonic() - began
        self.transactions = sum(writer.transactions for writer in team)
        self._writes = [write for writer in team for write in writer.writes]

    def finish(self) -> list[Verdict]:
        """Quiet executions, then both sides compared."""
        for _ in range(_QUIET_RUNS):
            self.sync()
        readings = fence_readings(self.laptop, self.executions)
        late = {name: late_commits(self._writes, name, readings[f"{self.schema}.{name}"]) for name in self.strategies}
        return [
            verdict(self.laptop, self.schema, name, self._targets[name], self._writes, late[name])
            for name in self.strategies
        ]

    def sync(self) -> None:
        """One execution of all tables. Raises RunFailed with what the failed tables say, if it is strict."""
        outcome = self.laptop.run()
        self.executions.append(outcome.execution_arn)
        if self.strict and not outcome.succeeded:
            failed = [one.get("error") for one in outcome.tables if one["status"] == "FAILED"]
            raise RunFailed("; ".join(map(str, failed or [outcome.error])))
        for one in outcome.tables:
            if one["target"]:
                self._targets[one["table_name"].split(".")[1]] = one["target"]

    def freeze(self) -> None:
        """VACUUM FREEZE of every table."""
        for name in self.strategies:
            self.laptop.sql(f"VACUUM (FREEZE) {self.schema}.{name}")

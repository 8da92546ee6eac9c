"""All faults, and running them on one laptop cloud."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from tests.system.faults.cloud import FaultCloud
from tests.system.faults.fault import Fault, Result, run
from tests.system.faults.fault_table import SPECS, FaultTable
from tests.system.faults.function_faults import first_load_faults, function_faults, stop_faults
from tests.system.faults.guards import Guard, guards, run_without
from tests.system.faults.overlap_faults import overlap_faults
from tests.system.faults.source_faults import aurora_faults, restore_faults, vault_faults
from tests.system.faults.target_faults import file_faults, snowflake_faults, snowpipe_faults

Tell = Callable[[Result], None]


@dataclass(frozen=True)
class MatrixResults:
    """Results by title, damages by guard."""

    results: dict[str, Result]
    damages: dict[str, str]


def faults() -> list[Fault]:
    """The matrix in its order on the page."""
    made = (
        function_faults,
        first_load_faults,
        stop_faults,
        aurora_faults,
        file_faults,
        snowpipe_faults,
        snowflake_faults,
        vault_faults,
    )
    return [fault for make in (*made, overlap_faults, restore_faults) for fault in make()]


class Matrix:
    """Faults that can share the cloud run beside each other, one at a time per table; the others run alone."""

    def __init__(self, cloud: FaultCloud, strategies: Iterable[str] = SPECS, guarded: Iterable[Guard] = ()) -> None:
        """One table per strategy, and one per guard, which it damages for good."""
        self._cloud = cloud
        self._schema = cloud.laptop.new_schema()
        self._tables = {strategy: self._table(strategy, strategy) for strategy in strategies}
        self._numbers, self._configured = count(1), list[FaultTable]()
        self._guarded = {
            guard.name: self._table(f"guard{number}", guard.strategy) for number, guard in enumerate(guarded)
        }

    def _table(self, name: str, strategy: str) -> FaultTable:
        return FaultTable(self._cloud, self._schema, name, strategy)

    def load(self) -> None:
        """The first sync of all tables, undisturbed."""
        self._configured = [*self._tables.values(), *self._guarded.values()]
        self._cloud.laptop.configure([tested.spec for tested in self._configured])
        outcome = self._cloud.laptop.run()
        if not outcome.succeeded:
            raise RuntimeError(f"the first sync failed: {outcome}\n{self._cloud.logs()}")

    def run(self, chosen: list[Fault], tell: Tell) -> list[Result]:
        """Every chosen fault's result, in the order of the list."""
        queues: dict[str, list[Fault]] = defaultdict(list)
        for fault in chosen:
            if fault.shared:
                queues[fault.strategy].append(fault)
        results: dict[int, Result] = {}

        def run_one(fault: Fault) -> None:
            results[id(fault)] = run(fault, self._fresh(fault) if fault.fresh else self._tables[fault.strategy])
            tell(results[id(fault)])

        def run_queue(queue: list[Fault]) -> None:
            for fault in queue:
                run_one(fault)

        with ThreadPoolExecutor(len(self._tables)) as pool:
            list(pool.map(run_queue, queues.values()))
        for fault in chosen:
            if not fault.shared:
                run_one(fault)
        return [results[id(fault)] for fault in chosen]

    def _fresh(self, fault: Fault) -> FaultTable:
        tested = self._table(f"new{next(self._numbers)}", fault.strategy)
        self._configured.append(tested)
        self._cloud.laptop.configure([tested.spec for tested in self._configured])
        return tested

    def damage(self, guard: Guard) -> str:
        """What the watch saw with the guard off, empty for nothing."""
        return run_without(guard, self._guarded[guard.name])


def all_guards() -> list[Guard]:
    """The guards in their order on the page."""
    return list(guards())


def say(result: Result) -> None:
    """One line on standard error."""
    verdict = "held" if not result.problems else f"NOT HELD: {'; '.join(result.problems)[:1500]}"
    sys.stderr.write(
        f"{result.seconds:5.1f} s  {result.fault.title} [{result.fault.strategy}] {result.ended} {result.errors_met}, "
        f"{result.healed_by}, {result.looks} looks: {verdict}\n"
    )
    sys.stderr.flush()

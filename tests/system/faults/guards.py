"""The important guards, each switched off in the deployed package: the damage must show."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from tests.support.edits import Edits
from tests.support.guards import without
from tests.support.packages import edited
from tests.system.faults.fault_table import FaultTable
from tests.system.faults.overlap_faults import older_after_newer, without_lease
from tests.system.faults.target_faults import exported


@dataclass(frozen=True)
class Guard:
    """What is taken out of each step, and a run that returns the damage it saw, empty for none."""

    name: str
    strategy: str
    edits: dict[str, Edits]
    damage: Callable[[FaultTable], str]
    fast: bool = False


def guards() -> Iterator[Guard]:
    """Every guard, and what shows without it."""
    yield Guard(
        "a partial load is never merged (await_load, merge)", "timestamp",
        {
            "await_load": without("partial-load-taken-for-whole", instead="loaded"),
            "merge": without("partial-load"),
        },
        _partial_load, fast=True,
    )  # fmt: skip
    yield Guard(
        "an older version never wins (merge)", "xmin",
        {"merge": without("older-version-wins")}, _older_wins,
    )  # fmt: skip
    yield Guard(
        "a deleted row does not come back (merge)", "full_snapshot",
        {
            # A table without a watermark has two: a batch of before a snapshot's last slice is refused, too.
            "merge": {
                **without("deleted-row-comes-back", instead="FALSE"),
                **without("slice-of-another-time-overwritten"),
            },
        },
        _older_wins,
    )  # fmt: skip
    yield Guard(
        "each attempt has a name of its own (export)", "composite",
        {"export": without("two-attempts-of-one-name", instead='"same"')}, _same_name_twice,
    )  # fmt: skip
    yield Guard(
        "a lost event is healed (await_load)", "integer",
        {"await_load": without("lost-event", instead="[]")}, _not_healed,
    )  # fmt: skip
    yield Guard(
        "a batch is merged once (merge)", "full_snapshot",
        {"merge": without("batch-merged-twice")}, _merged_twice,
    )  # fmt: skip


def run_without(guard: Guard, tested: FaultTable) -> str:
    """The damage with the guard off; nothing is mended afterwards."""
    with ExitStack() as off:
        for step, edits in guard.edits.items():
            off.enter_context(edited(tested.laptop, step, edits))
        with tested.watched():
            tested.change()
            return guard.damage(tested)


def _partial_load(tested: FaultTable) -> str:
    with tested.laptop.events_lost():
        arn, hold, files = exported(tested)
    tested.laptop.send_events(files[:1])
    hold.go()
    outcome = tested.ended(arn)
    tested.laptop.send_events(files)
    return f"{tested.violations[0]}; the run ended {outcome.status}" if tested.violations else ""


def _older_wins(tested: FaultTable) -> str:
    without_lease(older_after_newer)(tested)
    return tested.violations[0] if tested.violations else ""


def _same_name_twice(tested: FaultTable) -> str:
    with tested.cloud.load_timeout(5):
        tested.run()
        tested.change()
        second = tested.run()
    return "" if second.succeeded else str(second.tables[0]["error"])


def _not_healed(tested: FaultTable) -> str:
    with tested.cloud.load_timeout(5), tested.laptop.events_lost():
        outcome = tested.run()
    return "" if outcome.succeeded else str(outcome.tables[0]["error"])


def _merged_twice(tested: FaultTable) -> str:
    tested.laptop.sql(f"DELETE FROM {tested.table}")
    tested.allow_empty()
    tested.order("merge.before", "twice")
    tested.run()
    return "" if tested.ledger_adds_up else "the ledger holds one batch twice"

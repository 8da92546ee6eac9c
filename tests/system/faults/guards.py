"""The important guards, each switched off in the deployed package: the damage must show."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from tests.support.edits import Edits
from tests.support.guards import without
from tests.support.sabotage import sabotaged
from tests.system.faults.scene import Scene
from tests.system.faults.target_cells import exported, older_after_newer


@dataclass(frozen=True)
class Guard:
    """What is taken out of each step, and a play that returns the damage it saw, empty for none."""

    name: str
    strategy: str
    edits: dict[str, Edits]
    damage: Callable[[Scene], str]
    fast: bool = False


def guards() -> Iterator[Guard]:
    """Every guard with its sabotage."""
    yield Guard(
        "a partial load is never merged (await_load, merge)", "timestamp",
        {
            "await_load": without("load-taken-for-whole", instead="loaded"),
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
        {"merge": without("deleted-row-comes-back", instead="FALSE")}, _older_wins,
    )  # fmt: skip
    yield Guard(
        "each attempt has a name of its own (export)", "composite",
        {"export": without("attempts-of-one-name", instead='"same"')}, _same_name_twice,
    )  # fmt: skip
    yield Guard(
        "a lost event is healed (await_load)", "integer",
        {"await_load": without("lost-event", instead="[]")}, _not_healed,
    )  # fmt: skip
    yield Guard(
        "a batch is merged once (merge)", "full_snapshot",
        {"merge": without("batch-merged-twice")}, _merged_twice,
    )  # fmt: skip


def play_guard(guard: Guard, scene: Scene) -> str:
    """The damage with the guard off; nothing is mended afterwards."""
    with ExitStack() as off:
        for step, edits in guard.edits.items():
            off.enter_context(sabotaged(scene.laptop, step, edits))
        with scene.watched():
            scene.change()
            return guard.damage(scene)


def _partial_load(scene: Scene) -> str:
    with scene.laptop.events_lost():
        arn, hold, files = exported(scene)
    scene.laptop.send_events(files[:1])
    hold.go()
    outcome = scene.ended(arn)
    scene.laptop.send_events(files)
    return f"{scene.violations[0]}; the run ended {outcome.status}" if scene.violations else ""


def _older_wins(scene: Scene) -> str:
    older_after_newer(scene)
    return scene.violations[0] if scene.violations else ""


def _same_name_twice(scene: Scene) -> str:
    with scene.bench.load_timeout(5):
        scene.run()
        scene.change()
        second = scene.run()
    return "" if second.succeeded else str(second.tables[0]["error"])


def _not_healed(scene: Scene) -> str:
    with scene.bench.load_timeout(5), scene.laptop.events_lost():
        outcome = scene.run()
    return "" if outcome.succeeded else str(outcome.tables[0]["error"])


def _merged_twice(scene: Scene) -> str:
    scene.laptop.sql(f"DELETE FROM {scene.table}")
    scene.allow_empty()
    scene.order("merge.before", "twice")
    scene.run()
    return "" if scene.ledger_adds_up else "the ledger holds one batch twice"

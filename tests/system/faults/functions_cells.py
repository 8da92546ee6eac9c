"""Faults of the Lambda functions and of the state machine."""

import time
from collections.abc import Iterator

from operate.runs import Outcome
from tests.system.faults.bench import STEPS, until
from tests.system.faults.cell import Cell, Play
from tests.system.faults.scene import SPECS, Scene

_TABLE_STEPS = STEPS[1:]
_STATES = {"await_load": "Await load"}
_FIRST_LOAD = ("watermark", "schema", "merge")
_FAST = {("export", "killed after its work"), ("merge", "delivered twice")}


def function_cells() -> Iterator[Cell]:
    """Each function × each way in which Lambda loses an invocation."""
    kinds: dict[str, tuple[str, str]] = {
        "killed before its work": ("before", "die"),
        "killed after its work": ("after", "die"),
        "timed out after its work": ("after", "sleep"),
        "delivered twice": ("before", "twice"),
    }
    strategies = list(SPECS)
    for row, step in enumerate(_TABLE_STEPS):
        for column, (kind, (point, order)) in enumerate(kinds.items()):
            strategy = strategies[(row + column) % len(strategies)]
            fast = (step, kind) in _FAST
            yield Cell(f"{step} function", kind, strategy, _ordered(f"{step}.{point}", order), shared=True, fast=fast)
        strategy = strategies[row % len(strategies)]
        if step in _FIRST_LOAD:
            first = "first load of a new table, killed after its work"
            yield Cell(f"{step} function", first, strategy, _ordered(f"{step}.after", "die"), fresh=True)
        yield Cell(f"{step} function", "throttled", strategy, _throttled(step))


def first_load_cells() -> Iterator[Cell]:
    """The objects of a new table, half made."""
    for strategy in ("full_snapshot", "integer"):
        yield Cell("schema function", "killed half way through a new table's objects", strategy, _half_made, fresh=True)


def stop_cells() -> Iterator[Cell]:
    """StopExecution at each state; the stopped invocation completes after everything was mended."""
    strategies = list(SPECS)
    for row, step in enumerate(STEPS):
        for column, rerun in enumerate((False, True)):
            strategy = strategies[(row + 2 * column) % len(strategies)]
            how = "run anew" if rerun else "redriven"
            yield Cell(
                "state machine", f"stopped in {_STATES.get(step, step.capitalize())}, {how}, the zombie ends last",
                strategy, _stopped(f"{step}.before", rerun), shared=step != "config", rerun=rerun,
            )  # fmt: skip
    yield Cell("state machine", "stopped in Wait for load, redriven", "xmin", _stopped_waiting_for_load, ("ABORTED",))
    yield Cell(
        "state machine", "stopped in Wait for merge, redriven", "timestamp", _stopped_waiting_for_merge, ("ABORTED",)
    )


def _ordered(moment: str, order: str) -> Play:
    def play(scene: Scene) -> Outcome:
        scene.order(moment, order)
        outcome = scene.run()
        assert not (scene.orders / moment).exists(), f"the order {order} at {moment} was not obeyed"
        return outcome

    return play


def _half_made(scene: Scene) -> Outcome:
    hold = scene.hold("schema.after")
    arn = scene.start()
    hold.event()
    for statement in (
        f"DELETE FROM AURORA.CONTROL.TABLES WHERE TABLE_NAME = '{scene.table}'",
        f"DROP TASK {scene.pipe}",
        f"DROP PIPE {scene.pipe}",
        f"DROP VIEW AURORA.CONTROL.{scene.object}",
    ):
        scene.laptop.warehouse(statement)
    hold.go("die")
    return scene.ended(arn)


def _throttled(step: str) -> Play:
    def play(scene: Scene) -> Outcome:
        with scene.bench.throttled(step):
            arn = scene.start()
            until(lambda: "Lambda.TooManyRequestsException" in scene.errors_met(arn), f"a throttled {step}")
        return scene.ended(arn)

    return play


def _stopped(moment: str, rerun: bool) -> Play:
    """Returns the outcome of the mending run, so that what the zombie does afterwards is compared too."""

    def play(scene: Scene) -> Outcome:
        hold = scene.hold(moment)
        arn = scene.start()
        hold.event()
        scene.stop(arn)
        outcome = scene.run() if rerun else scene.redrive(arn)
        hold.go()
        time.sleep(2)
        return outcome

    return play


def _stopped_waiting_for_load(scene: Scene) -> Outcome:
    with scene.laptop.events_lost():
        hold = scene.hold("export.after")
        arn = scene.start()
        files = hold.files()
        hold.go()
        until(lambda: scene.state(arn) == "Wait for load", "the state Wait for load")
        scene.stop(arn)
    scene.laptop.send_events(files)
    return scene.ended(arn)


def _stopped_waiting_for_merge(scene: Scene) -> Outcome:
    before = scene.shown()
    scene.bench.snowflake_fault(hold_merge_into=scene.object)
    arn = scene.start()
    until(lambda: scene.state(arn) == "Wait for merge", "the state Wait for merge")
    assert scene.shown() == before, "an uncommitted merge can be seen"
    scene.stop(arn)
    scene.bench.snowflake_fault(release="commit")
    return scene.ended(arn)

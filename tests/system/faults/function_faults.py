"""Faults of the Lambda functions and of the state machine."""

import time
from collections.abc import Iterator

from operate.runs import Outcome
from tests.system.faults.cloud import STEPS, WAIT_SCALE, until
from tests.system.faults.fault import Cause, Fault
from tests.system.faults.fault_table import SPECS, FaultTable

_TABLE_STEPS = STEPS[1:]
_STATES = {"await_load": "Await load"}
_INTERFACES_SECONDS = 90
_FIRST_LOAD = ("watermark", "schema", "merge")
_FAST = {("export", "killed after its work"), ("merge", "delivered twice")}


def function_faults() -> Iterator[Fault]:
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
            yield Fault(f"{step} function", kind, strategy, _ordered(f"{step}.{point}", order), shared=True, fast=fast)
        strategy = strategies[row % len(strategies)]
        if step in _FIRST_LOAD:
            first = "first load of a new table, killed after its work"
            yield Fault(f"{step} function", first, strategy, _ordered(f"{step}.after", "die"), fresh=True)
        yield Fault(f"{step} function", "throttled", strategy, _throttled(step))
    yield Fault("merge function", "inactive, its network interfaces take 90 seconds", "composite", _inactive("merge"))


def first_load_faults() -> Iterator[Fault]:
    """The objects of a new table, half made."""
    for strategy in ("full_snapshot", "integer"):
        yield Fault(
            "schema function", "killed half way through a new table's objects", strategy, _half_made, fresh=True
        )


def stop_faults() -> Iterator[Fault]:
    """StopExecution at each state; the stopped invocation completes after everything was mended."""
    strategies = list(SPECS)
    for row, step in enumerate(STEPS):
        for column, rerun in enumerate((False, True)):
            strategy = strategies[(row + 2 * column) % len(strategies)]
            how = "run anew" if rerun else "redriven"
            yield Fault(
                "state machine", f"stopped in {_STATES.get(step, step.capitalize())}, {how}, the zombie ends last",
                strategy, _stopped(f"{step}.before", rerun), shared=step != "config", rerun=rerun,
            )  # fmt: skip
    yield Fault("state machine", "stopped in Wait for load, redriven", "xmin", _stopped_waiting_for_load, ("ABORTED",))
    yield Fault(
        "state machine", "stopped in Wait for merge, redriven", "timestamp", _stopped_waiting_for_merge, ("ABORTED",)
    )


def _ordered(moment: str, order: str) -> Cause:
    def run(tested: FaultTable) -> Outcome:
        tested.order(moment, order)
        outcome = tested.run()
        assert not (tested.orders / moment).exists(), f"the order {order} at {moment} was not obeyed"
        return outcome

    return run


def _half_made(tested: FaultTable) -> Outcome:
    hold = tested.hold("schema.after")
    arn = tested.start()
    hold.event()
    for statement in (
        f"DELETE FROM AURORA.CONTROL.TABLES WHERE TABLE_NAME = '{tested.table}'",
        f"DROP TASK {tested.task}",
        f"DROP PIPE {tested.pipe}",
        f"DROP VIEW AURORA.CONTROL.{tested.object}",
    ):
        tested.laptop.warehouse(statement)
    hold.go("die")
    return tested.ended(arn)


def _throttled(step: str) -> Cause:
    def run(tested: FaultTable) -> Outcome:
        with tested.cloud.throttled(step):
            arn = tested.start()
            until(lambda: "Lambda.TooManyRequestsException" in tested.errors_met(arn), f"a throttled {step}")
        return tested.ended(arn)

    return run


def _inactive(step: str) -> Cause:
    def run(tested: FaultTable) -> Outcome:
        tested.cloud.make_inactive(step, _INTERFACES_SECONDS * WAIT_SCALE)
        arn = tested.start()
        outcome = tested.ended(arn)
        assert "Lambda.ResourceNotReadyException" in tested.errors_met(arn), "the function was not inactive"
        return outcome

    return run


def _stopped(moment: str, rerun: bool) -> Cause:
    """Returns the outcome of the mending run, so that what the zombie does afterwards is compared too."""

    def run(tested: FaultTable) -> Outcome:
        hold = tested.hold(moment)
        arn = tested.start()
        hold.event()
        tested.stop(arn)
        outcome = tested.run() if rerun else tested.redrive(arn)
        hold.go()
        time.sleep(2)
        return outcome

    return run


def _stopped_waiting_for_load(tested: FaultTable) -> Outcome:
    with tested.laptop.events_lost():
        hold = tested.hold("export.after")
        arn = tested.start()
        files = hold.files()
        hold.go()
        until(lambda: tested.state(arn) == "Wait for load", "the state Wait for load")
        tested.stop(arn)
    tested.laptop.send_events(files)
    return tested.ended(arn)


def _stopped_waiting_for_merge(tested: FaultTable) -> Outcome:
    before = tested.shown()
    tested.cloud.snowflake_fault(hold_merge_into=tested.object)
    arn = tested.start()
    until(lambda: tested.state(arn) == "Wait for merge", "the state Wait for merge")
    assert tested.shown() == before, "an uncommitted merge can be seen"
    tested.stop(arn)
    tested.cloud.snowflake_fault(release="commit")
    return tested.ended(arn)

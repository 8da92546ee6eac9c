"""Faults of runs that overlap over one table, with its lease and without."""

from collections.abc import Iterator

from operate.runs import Outcome
from tests.support.leases import leases_ignored
from tests.system.faults.fault import Cause, Fault
from tests.system.faults.fault_table import FaultTable


def overlap_faults() -> Iterator[Fault]:
    """Two executions over one table."""
    yield Fault(
        "Snowflake", "two batches of one table merged at once", "timestamp", without_lease(_two_merges), shared=True
    )
    yield Fault(
        "Snowflake", "a newer run merged before the older one", "xmin", without_lease(older_after_newer), shared=True
    )
    yield Fault(
        "Snowflake",
        "a newer run merged before the older one",
        "full_snapshot",
        without_lease(older_after_newer),
        shared=True,
        fast=True,
    )
    for strategy in ("timestamp", "integer", "full_snapshot"):
        yield Fault("overlap", "two executions at once", strategy, without_lease(_at_once), shared=True)
    for state, strategy in {
        "schema": "composite",
        "export": "xmin",
        "await_load": "integer",
        "reconcile": "timestamp",
    }.items():
        fault = f"a whole run while another is before {state.replace('_', ' ')}"
        yield Fault("overlap", fault, strategy, without_lease(_overtaken(f"{state}.before")), shared=True)
    yield Fault("lease", "another execution has it", "composite", _busy)
    yield Fault("lease", "its holder is killed", "timestamp", _holder_killed)


def without_lease(cause: Cause) -> Cause:
    """Runs that overlap must be safe: that a table's lease keeps them apart is a saving only."""

    def run(tested: FaultTable) -> Outcome:
        with leases_ignored(tested.laptop):
            return cause(tested)

    return run


def _two_merges(tested: FaultTable) -> Outcome:
    older_hold = tested.hold("merge.before")
    older = tested.start()
    older_hold.event()
    tested.change()
    newer_hold = tested.hold("merge.before")
    newer = tested.start()
    newer_hold.event()
    newer_hold.go()
    older_hold.go()
    first = tested.ended(older)
    return first if not first.succeeded else tested.ended(newer)


def older_after_newer(tested: FaultTable) -> Outcome:
    """An older batch arrives at its merge when a newer one is in FINAL."""
    hold = tested.hold("merge.before")
    arn = tested.start()
    hold.event()
    tested.change()
    newer = tested.run()
    assert newer.succeeded
    hold.go()
    return tested.ended(arn)


def _at_once(tested: FaultTable) -> Outcome:
    arns = [tested.start(), tested.start()]
    outcomes = [tested.ended(arn) for arn in arns]
    return next((one for one in outcomes if not one.succeeded), outcomes[0])


def _busy(tested: FaultTable) -> Outcome:
    hold = tested.hold("export.before")
    arn = tested.start()
    hold.event()
    files = tested.laptop.files()
    [other] = tested.run().tables
    assert other["status"] == "BUSY", other
    assert not [file for file in tested.laptop.files() - files if tested.name in file]
    hold.go()
    return tested.ended(arn)


def _holder_killed(tested: FaultTable) -> Outcome:
    """Its invocation goes on exporting while another execution has the lease."""
    hold = tested.hold("export.before")
    arn = tested.start()
    hold.event()
    tested.stop(arn)
    outcome = tested.run()
    assert [one["status"] for one in outcome.tables] == ["LOADED"], outcome
    hold.go()
    return outcome


def _overtaken(moment: str) -> Cause:
    def run(tested: FaultTable) -> Outcome:
        hold = tested.hold(moment)
        arn = tested.start()
        hold.event()
        tested.change()
        newer = tested.run()
        assert newer.succeeded, newer
        hold.go()
        return tested.ended(arn)

    return run

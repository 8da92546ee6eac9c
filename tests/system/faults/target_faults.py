"""Faults of S3 and its events, Snowpipe and Snowflake."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from operate.runs import Outcome
from tests.support.leases import leases_ignored
from tests.support.packages import function_name
from tests.system.faults.cloud import until
from tests.system.faults.fault import Fault
from tests.system.faults.fault_table import FaultTable, Hold

_SHORT_PATIENCE_SECONDS = 12
_LAG_SECONDS = 4.0


def file_faults() -> Iterator[Fault]:
    """Events and files that are not as they should be."""
    yield Fault("S3 event", "lost", "timestamp", _lost, fast=True)
    yield Fault("S3 event", "lost, then late after all, when the run is over", "full_snapshot", _lost_then_late)
    yield Fault("S3 event", "doubled", "xmin", _doubled)
    yield Fault("S3 event", "late", "integer", _late)
    yield Fault("S3 event", "out of order: the second part before the first", "composite", _out_of_order)
    yield Fault("S3 files", "half written by an attempt that failed", "timestamp", _half_written)
    yield Fault("S3 files", "a stale part under the attempt's own name", "xmin", _stale_part)
    yield Fault("S3 files", "a foreign file in the table's prefix", "full_snapshot", _foreign_file)
    yield Fault("S3 files", "deleted before it was loaded", "integer", _deleted, ("LoadFailed",), says="_part2")


def snowpipe_faults() -> Iterator[Fault]:
    """A pipe that refuses, rests or reports late."""
    yield Fault("Snowpipe", "refuses a file", "timestamp", _refused, ("LoadFailed",), says=".csv_part2")
    yield Fault("Snowpipe", "refuses a file, COPY_HISTORY lags", "xmin", _refused_and_lags, ("LoadFailed",), rerun=True)
    yield Fault("Snowpipe", "COPY_HISTORY lags", "integer", _lags)
    yield Fault("Snowpipe", "paused for a moment", "composite", _paused_for_a_moment)
    yield Fault("Snowpipe", "paused throughout", "full_snapshot", _paused, ("PipeStopped",), says="its pipe is PAUSED")
    yield Fault("Snowpipe", "pipe replaced under load", "timestamp", _replaced_under_load, fast=True)


def snowflake_faults() -> Iterator[Fault]:
    """Sessions that end, merges that meet."""
    yield Fault("Snowflake", "session dropped between two steps", "integer", _sessions_dropped)
    yield Fault("Snowflake", "session ended inside the MERGE's transaction", "timestamp", _session_ended_in_merge,
               ("SUCCEEDED", "WarehouseRejected"))  # fmt: skip
    yield Fault("Snowflake", "the submitting session dropped, the MERGE goes on", "xmin", _submitter_dropped)
    yield Fault("Snowflake", "hangs for five seconds", "composite", _hangs)
    yield Fault("Snowflake", "one MERGE submitted twice at once", "full_snapshot", _submitted_twice)


def exported(tested: FaultTable) -> tuple[str, Hold, list[str]]:
    """A run that waits after its export, and the files it wrote."""
    hold = tested.hold("export.after")
    arn = tested.start()
    files = hold.files()
    assert len(files) > 1, f"one file shows too little: {files}"
    return arn, hold, files


def _lost(tested: FaultTable) -> Outcome:
    with tested.cloud.load_timeout(_SHORT_PATIENCE_SECONDS), tested.laptop.events_lost():
        return tested.run()


def _lost_then_late(tested: FaultTable) -> Outcome:
    with tested.cloud.load_timeout(_SHORT_PATIENCE_SECONDS), tested.laptop.events_lost():
        arn, hold, files = exported(tested)
        hold.go()
        outcome = tested.ended(arn)
    tested.laptop.send_events(files)
    time.sleep(1)
    return outcome


def _doubled(tested: FaultTable) -> Outcome:
    arn, hold, files = exported(tested)
    tested.laptop.send_events([*files, *files])
    hold.go()
    return tested.ended(arn)


def _late(tested: FaultTable) -> Outcome:
    with tested.laptop.events_lost():
        arn, hold, files = exported(tested)
    hold.go()
    until(lambda: tested.state(arn) == "Await load", "the state Await load")
    time.sleep(3)
    tested.laptop.send_events(files)
    return tested.ended(arn)


def _out_of_order(tested: FaultTable) -> Outcome:
    with tested.laptop.events_lost():
        arn, hold, files = exported(tested)
    hold.go()
    for file in reversed(files):
        tested.laptop.send_events([file])
        time.sleep(1.5)
    return tested.ended(arn)


def _half_written(tested: FaultTable) -> Outcome:
    arn, hold, files = exported(tested)
    content = tested.cloud.read_file(files[0])
    tested.cloud.put_file(files[0].replace(".csv", "-attempt.csv"), content[: len(content) // 2])
    hold.go("die")
    return tested.ended(arn)


def _stale_part(tested: FaultTable) -> Outcome:
    arn, hold, files = exported(tested)
    stale = tested.cloud.read_file(files[0]).replace(f",{tested.generation},", ",999,")
    tested.cloud.put_file(f"{files[0]}_part{len(files) + 1}", stale)
    hold.go()
    return tested.ended(arn)


def _foreign_file(tested: FaultTable) -> Outcome:
    arn, hold, files = exported(tested)
    folder = files[0].rsplit("/", 1)[0]
    tested.cloud.put_file(f"{folder}/somebody-elses.csv", "1,999,x,2026-01-01\n")
    tested.cloud.put_file(f"{folder}/notes.txt", 'not "a csv\n')
    hold.go()
    return tested.ended(arn)


def _deleted(tested: FaultTable) -> Outcome:
    with tested.laptop.events_lost():
        arn, hold, files = exported(tested)
        tested.laptop.aws.client("s3").delete_object(Bucket=tested.laptop.known["bucket"], Key=files[-1])
    tested.laptop.send_events(files)
    hold.go()
    return tested.ended(arn)


def _refused(tested: FaultTable) -> Outcome:
    with tested.laptop.events_lost():
        arn, hold, files = exported(tested)
        tested.cloud.put_file(files[-1], ",1\nthis,line,has,more,fields,than,the,first\n")
    tested.laptop.send_events(files)
    hold.go()
    return tested.ended(arn)


def _refused_and_lags(tested: FaultTable) -> Outcome:
    tested.cloud.snowflake_fault(history_lag_seconds=_LAG_SECONDS)
    try:
        return _refused(tested)
    finally:
        tested.cloud.snowflake_fault(history_lag_seconds=0)


def _lags(tested: FaultTable) -> Outcome:
    tested.cloud.snowflake_fault(history_lag_seconds=3600)
    try:
        return tested.run()
    finally:
        tested.cloud.snowflake_fault(history_lag_seconds=0)


def _pause(tested: FaultTable, paused: bool) -> None:
    tested.laptop.warehouse(f"ALTER PIPE {tested.pipe} SET PIPE_EXECUTION_PAUSED = {str(paused).upper()}")


def _paused_for_a_moment(tested: FaultTable) -> Outcome:
    _pause(tested, True)
    arn = tested.start()
    until(lambda: tested.state(arn) == "Await load", "the state Await load")
    time.sleep(2)
    _pause(tested, False)
    return tested.ended(arn)


def _paused(tested: FaultTable) -> Outcome:
    _pause(tested, True)
    try:
        return tested.run()
    finally:
        _pause(tested, False)


def _replaced_under_load(tested: FaultTable) -> Outcome:
    """A column is added while files of the former layout still wait, and a replaced definition may read on."""
    with tested.laptop.events_lost():
        older, hold, files = exported(tested)
        hold.go()
        until(lambda: tested.state(older) == "Await load", "the state Await load")
    tested.laptop.sql(f"ALTER TABLE {tested.table} ADD COLUMN added{tested.generation} text DEFAULT 'here'")
    tested.change()
    hold = tested.hold("export.before")
    tested.cloud.snowflake_fault(replaced_pipe_lag_seconds=30)
    try:
        with leases_ignored(tested.laptop):
            newer = tested.start()
            hold.event()
        tested.laptop.send_events(files)
        hold.go()
        outcomes = [tested.ended(newer), tested.ended(older)]
    finally:
        tested.cloud.snowflake_fault(replaced_pipe_lag_seconds=0)
    return next((one for one in outcomes if not one.succeeded), outcomes[0])


def _sessions_dropped(tested: FaultTable) -> Outcome:
    hold = tested.hold("merge.before")
    arn = tested.start()
    hold.event()
    tested.cloud.snowflake_fault(drop_sessions=True)
    hold.go()
    return tested.ended(arn)


def _held_merge(tested: FaultTable) -> str:
    """A run whose MERGE has run inside its transaction and waits there, unseen."""
    before = tested.shown()
    tested.cloud.snowflake_fault(hold_merge_into=tested.object)
    arn = tested.start()
    until(lambda: tested.cloud.snowflake_fault()["holds_a_merge"], "the MERGE")
    assert tested.shown() == before, "an uncommitted merge can be seen"
    return arn


def _session_ended_in_merge(tested: FaultTable) -> Outcome:
    arn = _held_merge(tested)
    tested.cloud.snowflake_fault(drop_sessions=True, release="abort")
    return tested.ended(arn)


def _submitter_dropped(tested: FaultTable) -> Outcome:
    arn = _held_merge(tested)
    tested.cloud.snowflake_fault(drop_sessions=True)
    time.sleep(1)
    tested.cloud.snowflake_fault(release="commit")
    return tested.ended(arn)


def _hangs(tested: FaultTable) -> Outcome:
    hold = tested.hold("merge.before")
    arn = tested.start()
    hold.event()
    with tested.cloud.stopped("snowflake"):
        hold.go()
        time.sleep(5)
    return tested.ended(arn)


def _submitted_twice(tested: FaultTable) -> Outcome:
    hold = tested.hold("merge.before")
    arn = tested.start()
    event = json.dumps(hold.event())
    tested.cloud.snowflake_fault(hold_merge_into=tested.object)
    hold.go()
    until(lambda: tested.cloud.snowflake_fault()["holds_a_merge"], "the MERGE")
    with ThreadPoolExecutor() as pool:
        again = pool.submit(tested.cloud.functions.invoke, FunctionName=function_name("merge"), Payload=event)
        time.sleep(1)
        tested.cloud.snowflake_fault(release="commit")
        answer = json.loads(again.result()["Payload"].read())
    assert answer.get("merge", {}).get("status") in ("MERGED", "RUNNING"), answer
    return tested.ended(arn)

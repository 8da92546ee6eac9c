"""Faults of S3 and its events, Snowpipe, Snowflake, and of runs that overlap."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from operate.runs import Outcome
from tests.support.sabotage import function_name
from tests.system.faults.bench import until
from tests.system.faults.cell import Cell, Play
from tests.system.faults.scene import Hold, Scene

_SHORT_PATIENCE_SECONDS = 12
_LAG_SECONDS = 4.0


def file_cells() -> Iterator[Cell]:
    """Events and files that are not as they should be."""
    yield Cell("S3 event", "lost", "timestamp", _lost, fast=True)
    yield Cell("S3 event", "lost, then late after all, when the run is over", "full_snapshot", _lost_then_late)
    yield Cell("S3 event", "doubled", "xmin", _doubled)
    yield Cell("S3 event", "late", "integer", _late)
    yield Cell("S3 event", "out of order: the second part before the first", "composite", _out_of_order)
    yield Cell("S3 files", "half written by an attempt that failed", "timestamp", _half_written)
    yield Cell("S3 files", "a stale part under the attempt's own name", "xmin", _stale_part)
    yield Cell("S3 files", "a foreign file in the table's prefix", "full_snapshot", _foreign_file)
    yield Cell("S3 files", "deleted before it was loaded", "integer", _deleted, ("LoadFailed",), says="_part2")


def snowpipe_cells() -> Iterator[Cell]:
    """A pipe that refuses, rests or reports late."""
    yield Cell("Snowpipe", "refuses a file", "timestamp", _refused, ("LoadFailed",), says=".csv_part2")
    yield Cell("Snowpipe", "refuses a file, COPY_HISTORY lags", "xmin", _refused_and_lags, ("LoadFailed",), rerun=True)
    yield Cell("Snowpipe", "COPY_HISTORY lags", "integer", _lags)
    yield Cell("Snowpipe", "paused for a moment", "composite", _paused_for_a_moment)
    yield Cell("Snowpipe", "paused throughout", "full_snapshot", _paused, ("LoadTimedOut",), says="its pipe is PAUSED")


def snowflake_cells() -> Iterator[Cell]:
    """Sessions that end, merges that meet."""
    yield Cell("Snowflake", "session dropped between two steps", "integer", _sessions_dropped)
    yield Cell("Snowflake", "session ended inside the MERGE's transaction", "timestamp", _session_ended_in_merge,
               ("SUCCEEDED", "WarehouseRejected"))  # fmt: skip
    yield Cell("Snowflake", "the submitting session dropped, the MERGE goes on", "xmin", _submitter_dropped)
    yield Cell("Snowflake", "hangs for five seconds", "composite", _hangs)
    yield Cell("Snowflake", "one MERGE submitted twice at once", "full_snapshot", _submitted_twice)
    yield Cell("Snowflake", "two batches of one table merged at once", "timestamp", _two_merges, shared=True)
    yield Cell("Snowflake", "a newer run merged before the older one", "xmin", older_after_newer, shared=True)
    yield Cell(
        "Snowflake",
        "a newer run merged before the older one",
        "full_snapshot",
        older_after_newer,
        shared=True,
        fast=True,
    )


def overlap_cells() -> Iterator[Cell]:
    """Two executions over one table."""
    for strategy in ("timestamp", "integer", "full_snapshot"):
        yield Cell("overlap", "two executions at once", strategy, _at_once, shared=True)
    for state, strategy in {
        "schema": "composite",
        "export": "xmin",
        "await_load": "integer",
        "reconcile": "timestamp",
    }.items():
        fault = f"a whole run while another is before {state.replace('_', ' ')}"
        yield Cell("overlap", fault, strategy, _overtaken(f"{state}.before"), shared=True)


def exported(scene: Scene) -> tuple[str, Hold, list[str]]:
    """A run that waits after its export, and the files it wrote."""
    hold = scene.hold("export.after")
    arn = scene.start()
    files = hold.files()
    assert len(files) > 1, f"one file shows too little: {files}"
    return arn, hold, files


def _lost(scene: Scene) -> Outcome:
    with scene.bench.load_timeout(_SHORT_PATIENCE_SECONDS), scene.laptop.events_lost():
        return scene.run()


def _lost_then_late(scene: Scene) -> Outcome:
    with scene.bench.load_timeout(_SHORT_PATIENCE_SECONDS), scene.laptop.events_lost():
        arn, hold, files = exported(scene)
        hold.go()
        outcome = scene.ended(arn)
    scene.laptop.send_events(files)
    time.sleep(1)
    return outcome


def _doubled(scene: Scene) -> Outcome:
    arn, hold, files = exported(scene)
    scene.laptop.send_events([*files, *files])
    hold.go()
    return scene.ended(arn)


def _late(scene: Scene) -> Outcome:
    with scene.laptop.events_lost():
        arn, hold, files = exported(scene)
    hold.go()
    until(lambda: scene.state(arn) == "Await load", "the state Await load")
    time.sleep(3)
    scene.laptop.send_events(files)
    return scene.ended(arn)


def _out_of_order(scene: Scene) -> Outcome:
    with scene.laptop.events_lost():
        arn, hold, files = exported(scene)
    hold.go()
    for file in reversed(files):
        scene.laptop.send_events([file])
        time.sleep(1.5)
    return scene.ended(arn)


def _half_written(scene: Scene) -> Outcome:
    arn, hold, files = exported(scene)
    content = scene.bench.read_file(files[0])
    scene.bench.put_file(files[0].replace(".csv", "-attempt.csv"), content[: len(content) // 2])
    hold.go("die")
    return scene.ended(arn)


def _stale_part(scene: Scene) -> Outcome:
    arn, hold, files = exported(scene)
    stale = scene.bench.read_file(files[0]).replace(f",{scene.generation},", ",999,")
    scene.bench.put_file(f"{files[0]}_part{len(files) + 1}", stale)
    hold.go()
    return scene.ended(arn)


def _foreign_file(scene: Scene) -> Outcome:
    arn, hold, files = exported(scene)
    folder = files[0].rsplit("/", 1)[0]
    scene.bench.put_file(f"{folder}/somebody-elses.csv", "1,999,x,2026-01-01\n")
    scene.bench.put_file(f"{folder}/notes.txt", 'not "a csv\n')
    hold.go()
    return scene.ended(arn)


def _deleted(scene: Scene) -> Outcome:
    with scene.laptop.events_lost():
        arn, hold, files = exported(scene)
        scene.laptop.aws.client("s3").delete_object(Bucket=scene.laptop.known["bucket"], Key=files[-1])
    scene.laptop.send_events(files)
    hold.go()
    return scene.ended(arn)


def _refused(scene: Scene) -> Outcome:
    with scene.laptop.events_lost():
        arn, hold, files = exported(scene)
        scene.bench.put_file(files[-1], ",1\nthis,line,has,more,fields,than,the,first\n")
    scene.laptop.send_events(files)
    hold.go()
    return scene.ended(arn)


def _refused_and_lags(scene: Scene) -> Outcome:
    scene.bench.snowflake_fault(history_lag_seconds=_LAG_SECONDS)
    try:
        return _refused(scene)
    finally:
        scene.bench.snowflake_fault(history_lag_seconds=0)


def _lags(scene: Scene) -> Outcome:
    scene.bench.snowflake_fault(history_lag_seconds=3600)
    try:
        return scene.run()
    finally:
        scene.bench.snowflake_fault(history_lag_seconds=0)


def _pause(scene: Scene, paused: bool) -> None:
    scene.laptop.warehouse(f"ALTER PIPE {scene.pipe} SET PIPE_EXECUTION_PAUSED = {str(paused).upper()}")


def _paused_for_a_moment(scene: Scene) -> Outcome:
    _pause(scene, True)
    arn = scene.start()
    until(lambda: scene.state(arn) == "Await load", "the state Await load")
    time.sleep(2)
    _pause(scene, False)
    return scene.ended(arn)


def _paused(scene: Scene) -> Outcome:
    _pause(scene, True)
    try:
        with scene.bench.load_timeout(5):
            return scene.run()
    finally:
        _pause(scene, False)


def _sessions_dropped(scene: Scene) -> Outcome:
    hold = scene.hold("merge.before")
    arn = scene.start()
    hold.event()
    scene.bench.snowflake_fault(drop_sessions=True)
    hold.go()
    return scene.ended(arn)


def _held_merge(scene: Scene) -> str:
    """A run whose MERGE has run inside its transaction and waits there, unseen."""
    before = scene.shown()
    scene.bench.snowflake_fault(hold_merge_into=scene.object)
    arn = scene.start()
    until(lambda: scene.bench.snowflake_fault()["holds_a_merge"], "the MERGE")
    assert scene.shown() == before, "an uncommitted merge can be seen"
    return arn


def _session_ended_in_merge(scene: Scene) -> Outcome:
    arn = _held_merge(scene)
    scene.bench.snowflake_fault(drop_sessions=True, release="abort")
    return scene.ended(arn)


def _submitter_dropped(scene: Scene) -> Outcome:
    arn = _held_merge(scene)
    scene.bench.snowflake_fault(drop_sessions=True)
    time.sleep(1)
    scene.bench.snowflake_fault(release="commit")
    return scene.ended(arn)


def _hangs(scene: Scene) -> Outcome:
    hold = scene.hold("merge.before")
    arn = scene.start()
    hold.event()
    with scene.bench.stopped("snowflake"):
        hold.go()
        time.sleep(5)
    return scene.ended(arn)


def _submitted_twice(scene: Scene) -> Outcome:
    hold = scene.hold("merge.before")
    arn = scene.start()
    event = json.dumps(hold.event())
    scene.bench.snowflake_fault(hold_merge_into=scene.object)
    hold.go()
    until(lambda: scene.bench.snowflake_fault()["holds_a_merge"], "the MERGE")
    with ThreadPoolExecutor() as pool:
        again = pool.submit(scene.bench.functions.invoke, FunctionName=function_name("merge"), Payload=event)
        time.sleep(1)
        scene.bench.snowflake_fault(release="commit")
        answer = json.loads(again.result()["Payload"].read())
    assert answer.get("merge", {}).get("status") in ("MERGED", "RUNNING"), answer
    return scene.ended(arn)


def _two_merges(scene: Scene) -> Outcome:
    older_hold = scene.hold("merge.before")
    older = scene.start()
    older_hold.event()
    scene.change()
    newer_hold = scene.hold("merge.before")
    newer = scene.start()
    newer_hold.event()
    newer_hold.go()
    older_hold.go()
    first = scene.ended(older)
    return first if not first.succeeded else scene.ended(newer)


def older_after_newer(scene: Scene) -> Outcome:
    """An older batch arrives at its merge when a newer one is in FINAL."""
    hold = scene.hold("merge.before")
    arn = scene.start()
    hold.event()
    scene.change()
    newer = scene.run()
    assert newer.succeeded
    hold.go()
    return scene.ended(arn)


def _at_once(scene: Scene) -> Outcome:
    arns = [scene.start(), scene.start()]
    outcomes = [scene.ended(arn) for arn in arns]
    return next((one for one in outcomes if not one.succeeded), outcomes[0])


def _overtaken(moment: str) -> Play:
    def play(scene: Scene) -> Outcome:
        hold = scene.hold(moment)
        arn = scene.start()
        hold.event()
        scene.change()
        newer = scene.run()
        assert newer.succeeded, newer
        hold.go()
        return scene.ended(arn)

    return play

"""Await load: whether Snowpipe has loaded every row of exactly this batch's files."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from functions.await_load.patience import awaits_snowpipe, next_look, seems_missed
from functions.await_load.refused import fail_if_refused
from functions.await_load.snowpipe import pipe_status, refresh, staged
from functions.await_load.stopped import fail_if_stopped
from functions.shared.contract.batch import Batch
from functions.shared.contract.names import literal
from functions.shared.contract.state import Load, Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import LoadFailed, LoadTimedOut, PipeStopped
from functions.shared.ground.observability import count, logger, seconds, step, verdict
from functions.shared.ground.settings import settings
from functions.shared.snowflake.objects import TableObjects, table_objects
from functions.shared.snowflake.session import SnowflakeSession, snowflake_session

# Of one call: each file may be a statement, and the function has two minutes.
_REFRESHED_AT_ONCE = 50


class Input(Wire):
    """`rules` tell the files' layout; `load` is that of the last check, or of the end of the export."""

    table: Table
    rules: Rules = Field(validation_alias="schema", serialization_alias="schema")
    batch: Batch
    load: Load


class Output(Wire):
    """The load is LOADED, or PENDING: check again after its wait_seconds."""

    load: Load


@step
@verdict("LoadFailures", LoadFailed, LoadTimedOut, PipeStopped)
def handler(given: Input) -> Output:
    """Asks the pipe, and STAGING only once the pipe has no file left to load, because that needs a warehouse.

    Raises LoadFailed where Snowpipe refused a file or loaded one twice, LoadTimedOut where it did not load all in time,
    PipeStopped where its pipe does not run.
    """
    spec, batch, load, layout = given.table.specification(), given.batch, given.load, given.rules.layout
    if not batch.rows:
        return _output(load, status="LOADED", loaded=0)
    name, objects = spec.table_name, table_objects(spec.source)
    pipe = objects.pipe(layout)
    waited = (datetime.now(UTC) - load.since).total_seconds()
    with snowflake_session(name) as snowflake:
        status = pipe_status(snowflake, pipe)
        if awaits_snowpipe(status, load, waited):
            seconds("UnmergedBatchAge", waited)
            return _output(load, status="PENDING", wait_seconds=next_look(waited, asked=False))
        loaded = staged(snowflake, objects, batch.names)
        if loaded > batch.rows:  # guard: file-loaded-twice
            raise LoadFailed(
                f"{name}: STAGING holds {loaded} rows of a batch of {batch.rows}: a file was loaded twice (was the "
                "pipe recreated?); re-run the table, which exports under a new name"
            )
        seconds("UnmergedBatchAge", waited)
        if loaded == batch.rows:  # guard: partial-load-taken-for-whole
            seconds("LoadLatency", waited)
            count("RowsLoaded", loaded)
            return _output(load, status="LOADED", loaded=loaded)
        fail_if_refused(snowflake, objects, batch)
        progress = f"loaded {loaded} of {batch.rows} rows"
        fail_if_stopped(name, pipe, status, progress)
        if waited > settings().load_timeout_seconds:
            raise LoadTimedOut(
                f"{name}: after {waited:.0f} s Snowpipe has {progress}; its pipe runs with {status.pending} files "
                f"queued: check SYSTEM$PIPE_STATUS({literal(pipe)}) and the bucket's event notification, then re-run "
                "the table"
            )
        if not seems_missed(load, waited):
            return _output(load, status="PENDING", loaded=loaded, wait_seconds=next_look(waited, asked=True))
        looked_through = _refresh(snowflake, objects, batch, load, layout)
    refreshed = {"looked_through": looked_through, "refreshed": looked_through == len(batch.files)}
    return _output(load, status="PENDING", loaded=loaded, wait_seconds=settings().load_poll_seconds, **refreshed)


def _output(load: Load, **found: Any) -> Output:
    return Output(load=Load.model_validate({**load.model_dump(), **found}))


def _refresh(snowflake: SnowflakeSession, objects: TableObjects, batch: Batch, load: Load, layout: int) -> int:
    """Refreshes the pipe with files whose events it seems to have missed; returns how many it has looked through."""
    end = min(load.looked_through + _REFRESHED_AT_ONCE, len(batch.files))
    files = refresh(snowflake, objects, layout, batch.names[load.looked_through : end])  # guard: lost-event
    logger.warning("Refreshed the pipe with files whose events seem lost", extra={"files": files})
    return end

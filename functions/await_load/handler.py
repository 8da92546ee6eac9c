"""Await load: whether Snowpipe has loaded every row of exactly this batch's files."""

from datetime import UTC, datetime
from typing import Any

from functions.await_load.snowpipe import RUNNING, list_refused, pipe_state, refresh, refusals, staged
from functions.shared.contract.batch import Batch
from functions.shared.contract.state import Load, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import LoadFailed, LoadTimedOut
from functions.shared.ground.observability import count, logger, seconds, step, verdict
from functions.shared.ground.settings import settings
from functions.shared.snowflake.objects import TableObjects, table_objects
from functions.shared.snowflake.session import SnowflakeSession, snowflake_session

_LONGEST_WAIT_SECONDS = 60
# After this share of the load timeout the bucket's event is taken for lost.
_REFRESH_AFTER = 0.25


class Input(Wire):
    """`load` is that of the last check, or of the end of the export."""

    table: Table
    batch: Batch
    load: Load


class Output(Wire):
    """The load is LOADED, or PENDING: check again after its wait_seconds."""

    load: Load


@step
@verdict("LoadFailures", LoadFailed, LoadTimedOut)
def handler(given: Input) -> Output:
    """Checks the load, and refreshes once a pipe that runs but has not loaded the files.

    Raises LoadFailed where Snowpipe refused a file or loaded one twice, LoadTimedOut where it did not load all in time.
    """
    spec, batch, load = given.table.specification(), given.batch, given.load
    if not batch.rows:
        return _output(load, status="LOADED", loaded=0)
    name, objects = spec.table_name, table_objects(spec.source)
    with snowflake_session(name) as snowflake:
        _refuse(snowflake, objects, name, batch)
        loaded = staged(snowflake, objects, batch.names)
        waited = (datetime.now(UTC) - load.since).total_seconds()
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
        if waited > settings().load_timeout_seconds:
            raise LoadTimedOut(
                f"{name}: after {waited:.0f} s Snowpipe has loaded {loaded} of {batch.rows} rows; "
                f"{_remedy(snowflake, objects)}, then re-run the table"
            )
        refreshed = load.refreshed or _refreshed(snowflake, objects, batch, waited)
    wait = min(_LONGEST_WAIT_SECONDS, max(settings().load_poll_seconds, int(waited / 4)))
    return _output(load, status="PENDING", loaded=loaded, wait_seconds=wait, refreshed=refreshed)


def _output(load: Load, **found: Any) -> Output:
    return Output(load=Load.model_validate({**load.model_dump(), **found}))


def _refuse(snowflake: SnowflakeSession, objects: TableObjects, name: str, batch: Batch) -> None:
    """Raises LoadFailed where Snowpipe refused files of the batch, after listing them in quarantine."""
    refused = refusals(snowflake, objects, batch.names)
    if refused:
        list_refused(snowflake, objects, batch, refused)
        count("FilesRefused", len(refused))
        raise LoadFailed(
            f"{name}: Snowpipe refused {len(refused)} of {len(batch.files)} files; {refused[0].file}: "
            f"{refused[0].error}; mend the cause and re-run the table"
        )


def _refreshed(snowflake: SnowflakeSession, objects: TableObjects, batch: Batch, waited: float) -> bool:
    """Refreshes a pipe that runs with the files that it seems to have missed; returns whether it did."""
    if waited <= settings().load_timeout_seconds * _REFRESH_AFTER or pipe_state(snowflake, objects) != RUNNING:
        return False
    files = refresh(snowflake, objects, batch.names)  # guard: lost-event
    logger.warning("Refreshed the pipe with files whose events seem lost", extra={"files": files})
    return True


def _remedy(snowflake: SnowflakeSession, objects: TableObjects) -> str:
    state = pipe_state(snowflake, objects)
    if state == RUNNING:
        return f"its pipe runs: check SYSTEM$PIPE_STATUS('{objects.staging}') and the bucket's event notification"
    return f"its pipe is {state}: run ALTER PIPE {objects.staging} SET PIPE_EXECUTION_PAUSED = FALSE"

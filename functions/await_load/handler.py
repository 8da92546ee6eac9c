"""Await load: whether Snowpipe has loaded every row of exactly this batch's files."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.await_load.snowpipe import RUNNING, list_refused, pipe_state, refresh, refusals, staged
from functions.shared.contract.batch import Batch
from functions.shared.contract.spec import spec_of
from functions.shared.ground.errors import LoadFailed, LoadTimedOut
from functions.shared.ground.observability import Event, count, logger, seconds, step, verdict
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.session import Warehouse
from functions.shared.snowflake.statements import TableObjects

_LONGEST_WAIT_SECONDS = 60
# After this part of the load timeout the bucket's event counts as lost.
_REFRESH_AFTER = 0.25


@step
@verdict("LoadFailures", LoadFailed, LoadTimedOut)
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"load": {status: LOADED or PENDING, loaded, wait_seconds, since, refreshed}}.

    A pipe that runs but has not loaded the files is told of them once. Raises LoadFailed where Snowpipe refused a
    file or loaded one twice, LoadTimedOut where it did not come in time.
    """
    spec = spec_of(event["table"])
    name, batch, load = spec.table_name, Batch.model_validate(event["batch"]), event["load"]
    if not batch.rows:
        return {"load": {**load, "status": "LOADED", "loaded": 0}}
    objects = TableObjects(settings().snowflake_database, spec.source)
    target = warehouse.connect(name)
    with warehouse.speaking_of(name):
        _refuse(target, objects, name, batch)
        loaded = staged(target, objects, batch.names)
        waited = (datetime.now(UTC) - datetime.fromisoformat(load["since"])).total_seconds()
        if loaded > batch.rows:
            raise LoadFailed(
                f"{name}: STAGING holds {loaded} rows of a batch of {batch.rows}: a file was loaded twice (was the "
                "pipe made anew?); re-run the table, which exports under a new name"
            )
        seconds("UnmergedBatchAge", waited)
        if loaded == batch.rows:
            seconds("LoadLatency", waited)
            count("RowsLoaded", loaded)
            return {"load": {**load, "status": "LOADED", "loaded": loaded}}
        if waited > settings().load_timeout_seconds:
            raise LoadTimedOut(
                f"{name}: after {waited:.0f} s Snowpipe has loaded {loaded} of {batch.rows} rows; "
                f"{_remedy(target, objects)}, then re-run the table"
            )
        if not load.get("refreshed") and _refreshed(target, objects, batch, waited):
            load = {**load, "refreshed": True}
    wait = min(_LONGEST_WAIT_SECONDS, max(settings().load_poll_seconds, int(waited / 4)))
    return {"load": {**load, "status": "PENDING", "loaded": loaded, "wait_seconds": wait}}


def _refuse(target: Warehouse, objects: TableObjects, name: str, batch: Batch) -> None:
    """Raises LoadFailed where Snowpipe refused a file of the batch, and lists those that it did."""
    refused = refusals(target, objects, batch.names)
    if refused:
        list_refused(target, objects, batch, refused)
        count("FilesRefused", len(refused))
        raise LoadFailed(
            f"{name}: Snowpipe refused {len(refused)} of {len(batch.files)} files; {refused[0].file}: "
            f"{refused[0].error}; mend the cause and re-run the table"
        )


def _refreshed(target: Warehouse, objects: TableObjects, batch: Batch, waited: float) -> bool:
    """Tells a pipe that runs of the files that it seems to have missed; whether it did."""
    if waited <= settings().load_timeout_seconds * _REFRESH_AFTER or pipe_state(target, objects) != RUNNING:
        return False
    files = refresh(target, objects, batch.names)
    logger.warning("Told the pipe of files whose events seem lost", extra={"files": files})
    return True


def _remedy(target: Warehouse, objects: TableObjects) -> str:
    state = pipe_state(target, objects)
    if state == RUNNING:
        return f"its pipe runs: check SYSTEM$PIPE_STATUS('{objects.staging}') and the bucket's event notification"
    return f"its pipe is {state}: run ALTER PIPE {objects.staging} SET PIPE_EXECUTION_PAUSED = FALSE"

"""Await load: whether Snowpipe has loaded every row of exactly this batch's files."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared import warehouse
from functions.shared.batch import Batch
from functions.shared.errors import LoadFailed, LoadTimedOut
from functions.shared.naming import literal, quote
from functions.shared.observability import Event, count, seconds, step
from functions.shared.settings import settings
from functions.shared.spec import spec_of
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import TableObjects

_LONGEST_WAIT_SECONDS = 60
_FAILED = ("Load failed", "Partially loaded")


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"load": {status: LOADED or PENDING, loaded, wait_seconds, since}}.

    Raises LoadFailed where Snowpipe refused a file, LoadTimedOut where it did not come in time.
    """
    spec = spec_of(event["table"])
    name, batch, load = spec.table_name, Batch.model_validate(event["batch"]), event["load"]
    if not batch.rows:
        return {"load": {**load, "status": "LOADED", "loaded": 0}}
    objects = TableObjects(settings().snowflake_database, spec.source)
    target = warehouse.connect(name)
    with warehouse.speaking_of(name):
        refused = [row for row in _history(target, objects, batch) if row["STATUS"] in _FAILED]
        loaded = _staged(target, objects, batch)
    if refused:
        raise LoadFailed(
            f"{name}: Snowpipe refused {len(refused)} of {len(batch.files)} files; {refused[0]['FILE_NAME']}: "
            f"{refused[0]['FIRST_ERROR_MESSAGE']}; mend the cause and re-run the table"
        )
    if loaded > batch.rows:
        raise LoadFailed(
            f"{name}: STAGING holds {loaded} rows of a batch of {batch.rows}: a file was loaded twice (was the pipe "
            "made anew?); re-run the table, which exports under a new name"
        )
    waited = datetime.now(UTC) - datetime.fromisoformat(load["since"])
    if loaded == batch.rows:
        seconds("LoadLatency", waited.total_seconds())
        count("RowsLoaded", loaded)
        return {"load": {**load, "status": "LOADED", "loaded": loaded}}
    if waited > timedelta(seconds=settings().load_timeout_seconds):
        raise LoadTimedOut(
            f"{name}: after {waited.total_seconds():.0f} s Snowpipe has loaded {loaded} of {batch.rows} rows; check "
            f"SYSTEM$PIPE_STATUS('{objects.staging}') and the bucket's event notification, then re-run the table"
        )
    wait = min(_LONGEST_WAIT_SECONDS, max(settings().load_poll_seconds, int(waited.total_seconds() / 4)))
    return {"load": {**load, "status": "PENDING", "loaded": loaded, "wait_seconds": wait}}


def _history(target: Warehouse, objects: TableObjects, batch: Batch) -> list[dict[str, Any]]:
    return target.rows(
        "SELECT FILE_NAME, STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE "
        f"FROM TABLE({quote(objects.database)}.INFORMATION_SCHEMA.COPY_HISTORY("
        f"TABLE_NAME => {literal(objects.staging)}, START_TIME => DATEADD(day, -1, CURRENT_TIMESTAMP()))) "
        f"WHERE FILE_NAME IN ({_listed(batch)})"
    )


def _staged(target: Warehouse, objects: TableObjects, batch: Batch) -> int:
    query = f'SELECT COUNT(*) AS "ROWS" FROM {objects.staging} WHERE "_FILE" IN ({_listed(batch)})'
    return int(target.rows(query)[0]["ROWS"])


def _listed(batch: Batch) -> str:
    return ", ".join(literal(name) for name in batch.names)

"""The control rows of a batch: what it consists of before the merge, what became of it after."""

import json

from functions.shared.batch import Batch
from functions.shared.bounds import Bounds
from functions.shared.naming import literal, quote
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import TableObjects


def record_batch(
    target: Warehouse, objects: TableObjects, bounds: Bounds, batch: Batch, execution: str, max_delete_percent: int
) -> None:
    """Makes a loaded batch known to the merge; a second call changes nothing."""
    control = f'{quote(objects.database)}."CONTROL"'
    absent = f'WHERE NOT EXISTS (SELECT 1 FROM {control}."{{}}" WHERE "BATCH_ID" = {literal(batch.id)})'
    files = ", ".join(f"({literal(file.name)}, {file.version:d})" for file in batch.files)
    target.execute(
        f'INSERT INTO {control}."BATCH_FILES" ("BATCH_ID", "FILE_NAME", "VERSION") '
        f"SELECT {literal(batch.id)}, COLUMN1, COLUMN2 FROM VALUES {files} " + absent.format("BATCH_FILES")
    )
    window = {"reads": bounds.reads, "low": bounds.low, "high": bounds.high, "horizon": bounds.horizon}
    watermark = json.dumps({**window, "rows": batch.rows})
    held_from = bounds.high if bounds.complete else None
    kind = (bounds.complete, max_delete_percent, bounds.reset, held_from, watermark)
    target.execute(
        f'INSERT INTO {control}."BATCHES" ("BATCH_ID", "TABLE_NAME", "EXECUTION", "COMPLETE", "MAX_DELETE_PERCENT", '
        '"RESET", "HIGH", "WATERMARK", "VERSION", "EXPORTED", "CREATED_AT") '
        f"SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, CURRENT_TIMESTAMP() {absent.format('BATCHES')}",
        [batch.id, str(objects.source), execution, *kind, batch.oldest_version, batch.rows],
    )


def read_ledger(target: Warehouse, objects: TableObjects, batch_id: str) -> dict[str, int] | None:
    """The batch's counts by lower-case column name, None while it is not merged."""
    rows = target.rows(
        'SELECT "EXPORTED", "LOADED", "MERGED", "DUPLICATES", "QUARANTINED", "HELD", "DELETED" '
        f'FROM {quote(objects.database)}."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s',
        [batch_id],
    )
    return {name.lower(): int(value) for name, value in rows[0].items()} if rows else None

"""The control rows of a batch: its files before the merge, its counts after."""

import re
from collections import Counter
from collections.abc import Iterable

from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.names import literal
from functions.shared.contract.result import Ledger
from functions.shared.contract.watermark import watermark_of
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


def record_batch(
    snowflake: SnowflakeSession,
    objects: TableObjects,
    bounds: Bounds,
    batch: Batch,
    execution: str,
    max_delete_percent: int,
    schema_version: int = 1,
) -> None:
    """Records a loaded batch for the merge; a second call changes nothing."""
    database = objects.database
    absent = f'WHERE NOT EXISTS (SELECT 1 FROM {{}} WHERE "BATCH_ID" = {literal(batch.id)})'
    files = ", ".join(f"({literal(file.name)}, {file.version:d}, {schema_version:d})" for file in batch.files)
    snowflake.execute(
        f"{insert_into(database, 'BATCH_FILES')} SELECT {literal(batch.id)}, COLUMN1, COLUMN2, COLUMN3 "
        f"FROM VALUES {files} {absent.format(control_table(database, 'BATCH_FILES'))}"
    )
    watermark = watermark_of(bounds, batch.rows).model_dump_json()
    held_from = bounds.high if bounds.complete else None
    kind = (bounds.complete, max_delete_percent, bounds.reset, False, held_from, watermark)
    snowflake.execute(
        f"{insert_into(database, 'BATCHES')} SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, CURRENT_TIMESTAMP() "
        f"FROM VALUES (1) {absent.format(control_table(database, 'BATCHES'))}",
        [batch.id, str(objects.source), execution, *kind, batch.oldest_version, batch.rows],
    )


def read_ledger(snowflake: SnowflakeSession, objects: TableObjects, batch_id: str) -> Ledger | None:
    """The batch's counts; None until it is merged."""
    rows = snowflake.rows(
        'SELECT "EXPORTED", "LOADED", "MERGED", "DUPLICATES", "QUARANTINED", "HELD", "DELETED" '
        f'FROM {control_table(objects.database, "LEDGER")} WHERE "BATCH_ID" = %s',
        [batch_id],
    )
    return Ledger.model_validate({name.lower(): int(value) for name, value in rows[0].items()}) if rows else None


def quarantined_columns(snowflake: SnowflakeSession, objects: TableObjects, batch_id: str) -> dict[str, int]:
    """How many rows of a merged batch are in quarantine for each column."""
    rows = snowflake.rows(
        f'SELECT "REASON", COUNT(*) AS "ROWS" FROM {control_table(objects.database, "QUARANTINE")} '
        'WHERE "BATCH_ID" = %s GROUP BY "REASON"',
        [batch_id],
    )
    return by_column((row["REASON"], int(row["ROWS"])) for row in rows)


def refused_columns(snowflake: SnowflakeSession, objects: TableObjects, batch_id: str) -> dict[str, int]:
    """Of the rows that stop a batch's merge: how many have, in each column, a value that FINAL cannot hold."""
    rows = snowflake.rows(
        f'SELECT "_REJECTED", COUNT(*) AS "ROWS" FROM {objects.typed} WHERE "_BATCH_ID" = {literal(batch_id)} '
        'AND "_FATAL" GROUP BY "_REJECTED"'
    )
    return by_column((row["_REJECTED"], int(row["ROWS"])) for row in rows)


def by_column(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Row counts by column, from counts by lists of quoted column names."""
    found: Counter[str] = Counter()
    for names, rows in counts:
        for name in _QUOTED.findall(names):
            found[name.replace('""', '"')] += rows
    return dict(found)

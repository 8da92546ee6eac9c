"""The progress of a table in Snowflake: FINAL's highest watermark, and the record of the ledger's last batch."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from snowflake.connector.errors import ProgrammingError

from functions.shared.contract.columns import Column
from functions.shared.contract.names import literal
from functions.shared.contract.watermark import Watermark, as_text
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession, is_missing, is_missing_column


@dataclass(frozen=True)
class Progress:
    """`low` is the highest watermark in FINAL as text, `version` the highest version; None where FINAL is empty.

    `last` is the record of the newest batch in the ledger, empty without one; `lacks` names the watermark column where
    FINAL has no such column.
    """

    exists: bool
    low: str | None = None
    version: int | None = None
    last: Watermark = field(default_factory=Watermark)
    lacks: str = ""


def read_progress(snowflake: SnowflakeSession, objects: TableObjects, column: Column | None) -> Progress:
    """Reads FINAL's maxima, which Snowflake answers from metadata, and the ledger's last watermark."""
    highest = f"MAX({column.identifier})" if column else "NULL"
    try:
        found = snowflake.rows(f'SELECT {highest} AS "LOW", MAX("_VERSION") AS "VERSION" FROM {objects.final}')[0]
    except ProgrammingError as error:
        if is_missing(error):
            return Progress(exists=False)
        if column and is_missing_column(error):
            return replace(read_progress(snowflake, objects, None), lacks=column.name)
        raise
    version = None if found["VERSION"] is None else int(found["VERSION"])
    last = read_last(snowflake, objects) if version is not None else Watermark()
    low = None if found["LOW"] is None else as_text(found["LOW"])
    return Progress(True, low, version, last)


def read_last(snowflake: SnowflakeSession, objects: TableObjects) -> Watermark:
    """The record of the newest merged batch."""
    rows = snowflake.rows(
        f'SELECT "WATERMARK" FROM {control_table(objects.database, "LEDGER")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} ORDER BY "MERGED_AT" DESC, "VERSION" DESC LIMIT 1'
    )
    return Watermark.model_validate_json(rows[0]["WATERMARK"]) if rows and rows[0]["WATERMARK"] else Watermark()


def read_ceiling(snowflake: SnowflakeSession, objects: TableObjects, before: datetime) -> int | None:
    """The last ceiling that an earlier run read before `before`, the present fence."""
    rows = snowflake.rows(
        f'SELECT "CEILING" FROM {control_table(objects.database, "READINGS")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} AND "READ_AT" < {literal(as_text(before))} '
        'ORDER BY "READ_AT" DESC LIMIT 1'
    )
    return int(rows[0]["CEILING"]) if rows else None


def store_reading(snowflake: SnowflakeSession, objects: TableObjects, ceiling: int, read_at: str) -> None:
    """Stores a ceiling for runs after the end of the transactions that are open now."""
    snowflake.execute(
        f"{insert_into(objects.database, 'READINGS')} VALUES (%s, %s, %s)",
        [str(objects.source), ceiling, read_at],
    )

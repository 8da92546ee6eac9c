"""What Snowflake knows of a table: how far FINAL has come, and what the ledger's last batch left for the next."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from snowflake.connector.errors import ProgrammingError

from functions.shared.contract.columns import Column
from functions.shared.contract.names import literal
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.session import Warehouse, is_missing, is_missing_column
from functions.shared.snowflake.statements import TableObjects


@dataclass(frozen=True)
class TableState:
    """`low` is the highest watermark in FINAL as text; `version` the highest version; None where FINAL is empty.

    `last` is the watermark that the newest batch in the ledger stored, empty where there is none; `lacks` names the
    watermark column where FINAL has none of that name.
    """

    exists: bool
    low: str | None = None
    version: int | None = None
    last: dict[str, Any] = field(default_factory=dict)
    lacks: str = ""


def read_state(warehouse: Warehouse, objects: TableObjects, column: Column | None) -> TableState:
    """Reads FINAL's maxima, which Snowflake answers from metadata, and the ledger's last watermark."""
    highest = f"MAX({column.identifier})" if column else "NULL"
    try:
        found = warehouse.rows(f'SELECT {highest} AS "LOW", MAX("_VERSION") AS "VERSION" FROM {objects.final}')[0]
    except ProgrammingError as error:
        if is_missing(error):
            return TableState(exists=False)
        if column and is_missing_column(error):
            return replace(read_state(warehouse, objects, None), lacks=column.name)
        raise
    version = None if found["VERSION"] is None else int(found["VERSION"])
    last = read_last(warehouse, objects) if version is not None else {}
    low = None if found["LOW"] is None else as_text(found["LOW"])
    return TableState(True, low, version, last)


def read_last(warehouse: Warehouse, objects: TableObjects) -> dict[str, Any]:
    """The watermark stored with the newest merged batch."""
    rows = warehouse.rows(
        f'SELECT "WATERMARK" FROM {control_table(objects.database, "LEDGER")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} ORDER BY "MERGED_AT" DESC, "VERSION" DESC LIMIT 1'
    )
    return json.loads(rows[0]["WATERMARK"]) if rows and rows[0]["WATERMARK"] else {}


def read_ceiling(warehouse: Warehouse, objects: TableObjects, before: datetime) -> int | None:
    """The last ceiling that an earlier run read before `before`, the present fence."""
    rows = warehouse.rows(
        f'SELECT "CEILING" FROM {control_table(objects.database, "READINGS")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} AND "READ_AT" < {literal(as_text(before))} '
        'ORDER BY "READ_AT" DESC LIMIT 1'
    )
    return int(rows[0]["CEILING"]) if rows else None


def store_reading(warehouse: Warehouse, objects: TableObjects, ceiling: int, read_at: str) -> None:
    """Keeps a ceiling for the runs that come after the transactions now open."""
    warehouse.execute(
        f"{insert_into(objects.database, 'READINGS')} VALUES (%s, %s, %s)",
        [str(objects.source), ceiling, read_at],
    )


def as_text(value: datetime | date | Decimal | int) -> str:
    """A watermark value as text that Aurora casts back without loss; instants in UTC, sortable."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)

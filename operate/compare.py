"""Whether a table is identical on both sides: every row, every column, read by each side's own driver.

It shares no code with the sync, so that a fault in a cast cannot hide itself.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg2
import psycopg2.extras

from snowflake import connector

_SYNC_COLUMNS = {"_VERSION", "_SYNCED_AT", "_FILE", "_ROW", "IS_DELETED", "_DELETED_AT"}
_AS_TEXT = ("interval", "int4range", "uuid", "xml", "inet")


@dataclass(frozen=True)
class Comparison:
    """Row counts of both sides, and how many rows only one side has."""

    aurora_rows: int
    final_rows: int
    only_in_aurora: int
    only_in_final: int

    @property
    def identical(self) -> bool:
        """Whether both sides hold the same rows."""
        return not self.only_in_aurora and not self.only_in_final


def compare(dsn: str, snowflake: dict[str, Any], schema: str, table: str, final: str) -> Comparison:
    """Compares one table of Aurora with its copy ``final``; rows soft-deleted there count as deleted.

    ``snowflake`` holds the arguments of snowflake.connector.connect.
    """
    columns, source = _read_aurora(dsn, schema, table)
    copy = _read_final(snowflake, final, columns)
    return Comparison(source.total(), copy.total(), (source - copy).total(), (copy - source).total())


def _read_aurora(dsn: str, schema: str, table: str) -> tuple[list[str], Counter[tuple[Any, ...]]]:
    with psycopg2.connect(dsn, options="-c timezone=UTC") as connection, connection.cursor() as cursor:
        psycopg2.extras.register_default_jsonb(connection, loads=partial(json.loads, parse_float=Decimal))
        psycopg2.extras.register_default_json(connection, loads=partial(json.loads, parse_float=Decimal))
        cursor.execute(
            "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = format('%%I.%%I', %s::text, %s::text)::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            (schema, table),
        )
        found = cursor.fetchall()
        quoted = [psycopg2.extensions.quote_ident(name, connection) for name, _ in found]
        selected = [
            f"{name}::text" if kind in _AS_TEXT else name for name, (_, kind) in zip(quoted, found, strict=True)
        ]
        source = ".".join(psycopg2.extensions.quote_ident(part, connection) for part in (schema, table))
        cursor.execute(f"SELECT {', '.join(selected)} FROM {source}")
        return [name for name, _ in found], Counter(tuple(map(_comparable, row)) for row in cursor)


def _read_final(snowflake: dict[str, Any], final: str, columns: list[str]) -> Counter[tuple[Any, ...]]:
    with connector.connect(**snowflake) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {final} LIMIT 0")
        present = [column.name for column in cursor.description]
        by_name = {name.lower(): name for name in present if name not in _SYNC_COLUMNS}
        selected = ['"' + by_name[name.lower()].replace('"', '""') + '"' for name in columns]
        live = "WHERE NOT IS_DELETED" if "IS_DELETED" in present and "_DELETED_AT" in present else ""
        cursor.execute(f"SELECT {', '.join(selected)} FROM {final} {live}")
        return Counter(tuple(map(_comparable, row)) for row in cursor)


def _comparable(value: Any) -> Any:
    """A value in a form that is equal on both sides exactly when the value is."""
    if value is None or isinstance(value, bool):
        return value
    form = next((form for kind, form in _FORMS if isinstance(value, kind)), str)
    return form(value)


def _number(value: float | Decimal) -> str:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return f"{exact.normalize():f}"


def _moment(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


def _text(value: str) -> str:
    """Snowflake's connector returns JSON as text."""
    if value[:1] not in ("{", "["):
        return value
    try:
        return _json(json.loads(value, parse_float=Decimal))
    except ValueError:
        return value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


_FORMS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    ((int, float, Decimal), _number),
    (datetime, _moment),
    ((bytes, bytearray, memoryview), lambda value: bytes(value).hex()),
    ((dict, list), _json),
    (str, _text),
)

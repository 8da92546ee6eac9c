"""Tables made of the catalogue: their SQL in Aurora, what the sync is told of them, and both sides read back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg2
from psycopg2 import extensions, sql

from tests.system.types.pg_type import NULL, Edge, PgType

Texts = dict[str, str | None]


@dataclass(frozen=True)
class Table:
    """Columns by name, the key `id` counting from 1; a row holds one edge value of each column, or of only one."""

    schema: str
    name: str
    columns: dict[str, PgType]
    one_by_one: bool = False

    @property
    def full_name(self) -> str:
        """As a specification names it."""
        return f"{self.schema}.{self.name}"

    @cached_property
    def rows(self) -> list[dict[str, Edge]]:
        """The edge values of each row; columns that have fewer are NULL in the others."""
        if self.one_by_one:
            alone = [(name, edge) for name, one in self.columns.items() for edge in one.edges]
            return [{name: edge if name == filled else NULL for name in self.columns} for filled, edge in alone]
        count = max(len(one.edges) for one in self.columns.values())
        return [
            {name: one.edges[row] if row < len(one.edges) else NULL for name, one in self.columns.items()}
            for row in range(count)
        ]

    def create(self, cursor: Any) -> None:
        """Makes and fills it in Aurora."""
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(one.declared)) for name, one in self.columns.items()
        ]
        table = sql.Identifier(self.schema, self.name)
        cursor.execute(
            sql.SQL("CREATE TABLE {} (id integer PRIMARY KEY, {})").format(table, sql.SQL(", ").join(columns))
        )
        for number, row in enumerate(self.rows, 1):
            given = {name: edge for name, edge in row.items() if self.columns[name].given}
            names = sql.SQL(", ").join(map(sql.Identifier, ["id", *given]))
            values = sql.SQL(", ").join([sql.Literal(number), *map(_value, given.values())])
            cursor.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, names, values))


def _value(edge: Edge) -> sql.Composable:
    return sql.SQL(edge.expression) if edge.expression else sql.Literal(edge.text)


def aurora_texts(dsn: str, schema: str, name: str) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """A table's columns and rows, every value in the text that the server sends: the driver converts none."""
    connection = psycopg2.connect(dsn, options="-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres")
    try:
        with connection.cursor() as cursor:
            query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, name))
            cursor.execute(query + sql.SQL(" LIMIT 0"))
            columns = cursor.description or ()
            oids = tuple({column.type_code for column in columns})
            extensions.register_type(extensions.new_type(oids, "TEXT", lambda value, _: value), cursor)
            cursor.execute(query)
            return [column.name for column in columns], cursor.fetchall()
    finally:
        connection.close()


def final_rows(warehouse: Any, target: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """FINAL's columns and rows as the connector gives them."""
    with warehouse.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {target}")
        return [column.name for column in cursor.description], [tuple(row) for row in cursor.fetchall()]


def final_types(warehouse: Any, target: str) -> dict[str, str]:
    """FINAL's declared types by column."""
    with warehouse.cursor() as cursor:
        cursor.execute(f"DESCRIBE TABLE {target}")
        return {row[0]: row[1] for row in cursor.fetchall()}


@dataclass(frozen=True)
class Quarantined:
    """One row of CONTROL.QUARANTINE: its batch, its reason and the texts of the row."""

    batch: str
    reason: str
    raw: Texts


def quarantined(warehouse: Any, table_name: str) -> list[Quarantined]:
    """What CONTROL.QUARANTINE lists for a table."""
    query = 'SELECT "BATCH_ID", "REASON", "RAW" FROM "AURORA"."CONTROL"."QUARANTINE" WHERE "TABLE_NAME" = %s'
    with warehouse.cursor() as cursor:
        cursor.execute(query, [table_name])
        return [Quarantined(batch, reason, json.loads(raw)) for batch, reason, raw in cursor.fetchall()]


def in_snowflake(name: str) -> str:
    """The name of a column there: plain lower-case names are written without quotes, so they fold."""
    plain = name.isascii() and name.replace("_", "a").replace("$", "a").isalnum() and name == name.lower()
    return name.upper() if plain and not name[0].isdigit() and name[0] != "$" else name


def setup(cursor: Any, statements: str, wanted: Sequence[str]) -> set[str]:
    """Makes the catalogue's own types; returns which of these extensions the server has."""
    cursor.execute("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", (list(wanted),))
    present = {name for (name,) in cursor.fetchall()}
    for name in sorted(present):
        cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    cursor.execute(statements)
    return present


def known_here(one: PgType, version: int, present: set[str]) -> bool:
    """Whether a server of this major version with these extensions has the type."""
    return version >= one.since and (not one.extension or one.extension in present)

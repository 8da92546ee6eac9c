"""Column types as they were declared: DuckDB stores several of them as another type, and no lengths at all."""

from __future__ import annotations

import duckdb
import fakesnow.info_schema
from sqlglot import Expr, exp

from local.snowflake.language.column_types import ColumnType, declared_type, read_type, stored_type
from local.snowflake.language.names import Name

_TABLE = "_fs_global.main._sf_declared_types"
_OF_TABLE = "table_catalog = ? AND table_schema = ? AND table_name = ?"
_OF_COLUMN = f"{_OF_TABLE} AND column_name = ?"

_DECLARED = f"""(SELECT any_value({{}}) FROM {_TABLE} d WHERE d.table_catalog = columns.table_catalog
    AND d.table_schema = columns.table_schema AND d.table_name = columns.table_name
    AND d.column_name = columns.column_name)"""
_NAME = _DECLARED.format(r"CASE WHEN d.type LIKE 'VARCHAR%' THEN 'TEXT' ELSE regexp_extract(d.type, '^\w+') END")
_SIZE = _DECLARED.format(r"CAST(NULLIF(regexp_extract(d.type, '\((\d+)', 1), '') AS INTEGER)")
_TEXT_LENGTH = f"CASE WHEN columns.data_type = 'VARCHAR' THEN coalesce({_SIZE}, ext_character_maximum_length) END"
_OCTET_LENGTH = f"CASE WHEN columns.data_type = 'VARCHAR' THEN least(4 * ({_TEXT_LENGTH}), 16777216) END"
_PRECISION = f"CASE WHEN starts_with(columns.data_type, 'TIME') THEN coalesce({_SIZE}, 9) END AS DATETIME_PRECISION"

CREATE = f"""
CREATE TABLE IF NOT EXISTS {_TABLE} (table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR,
    column_name VARCHAR, type VARCHAR);
""" + (
    fakesnow.info_schema.SQL_CREATE_GLOBAL_INFORMATION_SCHEMA_COLUMNS_VIEW.replace(
        "create view if not exists", "CREATE OR REPLACE VIEW"
    )
    .replace("case when starts_with", f"coalesce({_NAME}, case when starts_with", 1)
    .replace("end as DATA_TYPE", "end) as DATA_TYPE", 1)
    .replace("ext_character_maximum_length as", f"{_TEXT_LENGTH} AS", 1)
    .replace("ext_character_octet_length as", f"{_OCTET_LENGTH} AS", 1)
    .replace("COLLATION_NAME", f"{_PRECISION}, COLLATION_NAME", 1)
)


def definitions(expression: Expr) -> dict[str, ColumnType]:
    """The columns that a CREATE TABLE lists. Ask before the statement runs: its translation changes the tree."""
    items = expression.this.expressions if isinstance(expression.this, exp.Schema) else []
    columns = [item for item in items if isinstance(item, exp.ColumnDef) and item.kind is not None]
    return {column_name(column): declared_type(column.args["kind"]) for column in columns}


def remember(duck: duckdb.DuckDBPyConnection, table: Name, columns: dict[str, ColumnType]) -> None:
    """Keep the types of a table's columns; earlier types of those columns are replaced."""
    if not columns:
        return
    places = ", ".join("?" * len(columns))
    duck.execute(f"DELETE FROM {_TABLE} WHERE {_OF_TABLE} AND column_name IN ({places})", [*table.parts, *columns])
    rows = ", ".join(["(?, ?, ?, ?, ?)"] * len(columns))
    values = [value for name, kind in columns.items() for value in (*table.parts, name, str(kind))]
    duck.execute(f"INSERT INTO {_TABLE} VALUES {rows}", values)


def forget(duck: duckdb.DuckDBPyConnection, table: Name) -> None:
    """Remove the types of a table that was dropped or replaced."""
    duck.execute(f"DELETE FROM {_TABLE} WHERE {_OF_TABLE}", table.parts)


def forget_column(duck: duckdb.DuckDBPyConnection, table: Name, column: str) -> None:
    """Remove the type of a dropped column."""
    duck.execute(f"DELETE FROM {_TABLE} WHERE {_OF_COLUMN}", [*table.parts, column])


def rename_column(duck: duckdb.DuckDBPyConnection, table: Name, old: str, new: str) -> None:
    """Keep the type of a renamed column."""
    duck.execute(f"UPDATE {_TABLE} SET column_name = ? WHERE {_OF_COLUMN}", [new, *table.parts, old])


def rename_table(duck: duckdb.DuckDBPyConnection, old: Name, new: Name) -> None:
    """Keep the types of a renamed table."""
    duck.execute(f"UPDATE {_TABLE} SET table_name = ? WHERE {_OF_TABLE}", [new.name, *old.parts])


def copy(duck: duckdb.DuckDBPyConnection, source: Name, target: Name) -> None:
    """Give a table made LIKE or CLONE another that one's types."""
    duck.execute(
        f"INSERT INTO {_TABLE} SELECT ?, ?, ?, column_name, type FROM {_TABLE} WHERE {_OF_TABLE}",
        [*target.parts, *source.parts],
    )


def columns_of(duck: duckdb.DuckDBPyConnection, table: Name) -> dict[str, ColumnType]:
    """Every column of a table or view with its type, in order; empty when there is no such object."""
    found = duck.execute(
        f"""SELECT column_name, data_type, (SELECT any_value(d.type) FROM {_TABLE} d
              WHERE d.table_catalog = database_name AND d.table_schema = schema_name
                AND d.table_name = columns.table_name AND d.column_name = columns.column_name)
            FROM duckdb_columns() columns WHERE database_name = ? AND schema_name = ? AND table_name = ?
            ORDER BY column_index""",
        table.parts,
    ).fetchall()
    return {name: read_type(declared) if declared else stored_type(stored) for name, stored, declared in found}


def column_name(column: exp.ColumnDef) -> str:
    """A defined column's name in stored case."""
    identifier = column.this
    return str(identifier.this) if identifier.quoted else str(identifier.this).upper()

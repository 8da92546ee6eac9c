"""The column types that DuckDB stores as another one, so that INFORMATION_SCHEMA.COLUMNS can tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import fakesnow.info_schema
from sqlglot import Expr, exp
from sqlglot.expressions import DataType

from local.warehouse.scanner import Name

if TYPE_CHECKING:
    from local.warehouse.session import Session

_STORED_OTHERWISE = {
    DataType.Type.TIMESTAMPLTZ: "TIMESTAMP_LTZ",
    DataType.Type.ARRAY: "ARRAY",
    DataType.Type.OBJECT: "OBJECT",
}
_TABLE = "_fs_global.main._sf_declared_types"

# A declared type counts only while the stored type is still the one it is stored as.
_DATA_TYPE = f"""coalesce((SELECT d.data_type FROM {_TABLE} d WHERE d.table_catalog = columns.table_catalog
    AND d.table_schema = columns.table_schema AND d.table_name = columns.table_name
    AND d.column_name = columns.column_name
    AND columns.data_type = CASE d.data_type WHEN 'TIMESTAMP_LTZ' THEN 'TIMESTAMP WITH TIME ZONE' ELSE 'JSON' END),
    case when starts_with"""
_PRECISION = "CASE WHEN starts_with(columns.data_type, 'TIME') THEN 6 END AS DATETIME_PRECISION, COLLATION_NAME"

CREATE = f"""
CREATE TABLE IF NOT EXISTS {_TABLE} (table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR,
    column_name VARCHAR, data_type VARCHAR);
""" + (
    fakesnow.info_schema.SQL_CREATE_GLOBAL_INFORMATION_SCHEMA_COLUMNS_VIEW.replace(
        "create view if not exists", "CREATE OR REPLACE VIEW"
    )
    .replace("case when starts_with", _DATA_TYPE, 1)
    .replace("end as DATA_TYPE", "end) as DATA_TYPE", 1)
    .replace("COLLATION_NAME", _PRECISION, 1)
)


@dataclass(frozen=True)
class Declared:
    """The columns that a statement gives a table; `replaces` when the table is new."""

    table: Name
    types: dict[str, str]
    replaces: bool


def declared(session: Session, expression: Expr) -> Declared | None:
    """What a CREATE or ALTER TABLE declares; None when it creates no column. Ask before the statement runs."""
    table = expression.find(exp.Table)
    creates = isinstance(expression, exp.Create) and str(expression.args.get("kind")).upper() == "TABLE"
    if (
        table is None
        or not isinstance(table.this, exp.Identifier)
        or not (creates or isinstance(expression, exp.Alter))
    ):
        return None
    parts = [part.name if part.args.get("quoted") else part.name.upper() for part in table.parts]
    name = session.resolve(parts)
    if creates and expression.args.get("exists") and _exists(session, name):
        return None
    of_table = expression.this.expressions if isinstance(expression.this, exp.Schema) else []
    definitions = of_table if creates else expression.args.get("actions") or []
    columns = [definition for definition in definitions if isinstance(definition, exp.ColumnDef)]
    types = {
        column.this.name if column.this.quoted else column.this.name.upper(): _STORED_OTHERWISE[column.kind.this]
        for column in columns
        if column.kind is not None and column.kind.this in _STORED_OTHERWISE
    }
    return Declared(name, types, creates)


def remember(session: Session, columns: Declared) -> None:
    """Keep the declared types of a table's new columns."""
    table = [columns.table.database, columns.table.schema, columns.table.name]
    of_table = f"DELETE FROM {_TABLE} WHERE table_catalog = ? AND table_schema = ? AND table_name = ?"
    if columns.replaces:
        session.duck.execute(of_table, table)
    for column, kind in columns.types.items():
        session.duck.execute(f"{of_table} AND column_name = ?", [*table, column])
        session.duck.execute(f"INSERT INTO {_TABLE} VALUES (?, ?, ?, ?, ?)", [*table, column, kind])


def _exists(session: Session, name: Name) -> bool:
    found = session.duck.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = ?",
        [name.database, name.schema, name.name],
    )
    return found.fetchone() is not None

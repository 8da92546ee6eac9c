"""What a statement returns, independent of how it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from fakesnow import statement_type
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype


@dataclass(frozen=True)
class Result:
    """`affected` counts the rows a DML statement changed and is None for every other statement."""

    table: pa.Table
    rowtype: list[ColumnInfo]
    affected: int | None = None
    type_id: int = statement_type.UNKNOWN

    def scalar(self) -> Any:
        """The first column of the first row; None when there is no row."""
        return self.table.column(0)[0].as_py() if self.table.num_rows else None


_DUCKDB_TYPE = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.float64(): "DOUBLE",
    pa.binary(): "BLOB",
}


def rows(columns: dict[str, pa.DataType], values: list[tuple[Any, ...]], **extras: Any) -> Result:
    """A result made of Python values; a column's type is an Arrow type."""
    schema = pa.schema(list(columns.items()))
    table = pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in values], schema=schema)
    return Result(table, describe_as_rowtype([_describe(name, kind) for name, kind in columns.items()]), **extras)


def status(message: str) -> Result:
    """The one line of text that DDL returns."""
    return rows({"status": pa.string()}, [(message,)])


def dml_counts(counts: dict[str, int], type_id: int) -> Result:
    """A DML statement's one row of counts, and their total as the rows affected."""
    columns = {f"number of rows {kind}": pa.int64() for kind in counts}
    return rows(columns, [tuple(counts.values())], affected=sum(counts.values()), type_id=type_id)


def scalar(name: str, value: Any) -> Result:
    """One row, one column, typed by the value."""
    kind = pa.scalar(value).type if value is not None else pa.string()
    if pa.types.is_null(kind):
        kind = pa.string()
    return rows({name: kind}, [(value,)])


def _describe(name: str, kind: pa.DataType) -> tuple[str, str, None, None, None, None]:
    if pa.types.is_timestamp(kind):
        text = "TIMESTAMP WITH TIME ZONE" if kind.tz else "TIMESTAMP"
    elif pa.types.is_decimal(kind):
        text = f"DECIMAL({kind.precision},{kind.scale})"
    elif pa.types.is_date(kind):
        text = "DATE"
    elif pa.types.is_time(kind):
        text = "TIME"
    else:
        text = _DUCKDB_TYPE[kind]
    return (name, text, None, None, None, None)

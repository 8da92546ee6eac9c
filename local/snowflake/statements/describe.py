"""DESCRIBE TABLE and DESCRIBE VIEW."""

from __future__ import annotations

import pyarrow as pa

from local.snowflake.engine.declared_types import columns_of
from local.snowflake.language.errors import does_not_exist
from local.snowflake.language.result import Result, rows
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context

_COLUMNS = (
    "name",
    "type",
    "kind",
    "null?",
    "default",
    "primary key",
    "unique key",
    "check",
    "expression",
    "comment",
    "policy name",
    "privacy domain",
)


def describes_columns(scanner: Scanner) -> bool:
    """Whether the statement is a DESCRIBE TABLE or DESCRIBE VIEW."""
    return scanner.word() in ("DESC", "DESCRIBE") and scanner.word(1) in ("TABLE", "VIEW")


def describe_columns(scanner: Scanner, context: Context) -> Result:
    """One row per column, in order; the type is the declared one.

    Raises ProgrammingError 2003 when there is no such table or view.
    """
    scanner.next()
    kind = scanner.next().text.capitalize()
    name = context.resolve(scanner.parts())
    if scanner.accept("TYPE"):
        scanner.expect("=", "COLUMNS")
    scanner.expect_end()
    types = columns_of(context.duck, name)
    if not types:
        raise does_not_exist(kind, str(name))
    found = context.duck.execute(
        "SELECT column_name, is_nullable, column_default FROM duckdb_columns()"
        " WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
        name.parts,
    ).fetchall()
    return rows(dict.fromkeys(_COLUMNS, pa.string()), [
        (column, str(types[column]), "COLUMN", "Y" if nullable else "N", default, "N", "N", *[None] * 5)
        for column, nullable, default in found
    ])  # fmt: skip

"""ALTER TABLE's columns: added, dropped and renamed."""

from __future__ import annotations

from collections.abc import Iterable

from snowflake.connector.errors import ProgrammingError
from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from local.snowflake.engine import declared_types
from local.snowflake.language.column_types import ColumnType, declared_type
from local.snowflake.language.errors import compilation_error, from_parse_error, not_supported
from local.snowflake.language.names import Name, quote_identifier
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context


def add_columns(context: Context, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    """ADD [COLUMN] [IF NOT EXISTS] definition, …."""
    added: dict[str, exp.ColumnDef] = {}
    while True:
        scanner.accept("COLUMN")
        if_absent = scanner.accept("IF", "NOT", "EXISTS")
        column = column_definition(scanner.until(","), if_absent)
        name = declared_types.column_name(column)
        if name not in columns and name not in added:
            _require_distinct(name, [*columns, *added])
            added[name] = column
        elif not if_absent:
            raise compilation_error(f"column '{name}' already exists", 1430, "42601")
        if not scanner.accept(","):
            break
    types = {name: declared_type(column.args["kind"]) for name, column in added.items()}
    steps: list[str] = []
    for name, column in added.items():
        steps.append(f"ADD COLUMN {quote_identifier(name)} {types[name].stored}{_default(context, column)}")
        if _is_required(column):
            _require_fillable(context, table, name, column)
            steps.append(f"ALTER COLUMN {quote_identifier(name)} SET NOT NULL")
    context.in_one_step([f"ALTER TABLE {table.quoted} {step}" for step in steps])
    declared_types.remember(context.duck, table, types)


def drop_columns(context: Context, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    """DROP [COLUMN] [IF EXISTS] name, …."""
    scanner.accept("COLUMN")
    if_exists = scanner.accept("IF", "EXISTS")
    dropped = []
    while True:
        name = scanner.identifier()
        if name in columns:
            dropped.append(name)
        elif not if_exists:
            raise unknown_column(name)
        if not scanner.accept(","):
            break
        scanner.accept("COLUMN")
    scanner.expect_end()
    context.in_one_step([f"ALTER TABLE {table.quoted} DROP COLUMN {quote_identifier(name)}" for name in dropped])
    for name in dropped:
        declared_types.forget_column(context.duck, table, name)


def rename_column(context: Context, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    """RENAME COLUMN name TO name."""
    old = scanner.identifier()
    scanner.expect("TO")
    new = scanner.identifier()
    scanner.expect_end()
    if old not in columns:
        raise unknown_column(old)
    if new in columns:
        raise compilation_error(f"column '{new}' already exists", 1430, "42601")
    _require_distinct(new, columns.keys() - {old})
    context.in_one_step(
        [f"ALTER TABLE {table.quoted} RENAME COLUMN {quote_identifier(old)} TO {quote_identifier(new)}"]
    )
    declared_types.rename_column(context.duck, table, old, new)


def column_definition(text: str, if_absent: bool) -> exp.ColumnDef:
    """A column as a statement defines it; raises ProgrammingError for anything else."""
    try:
        column = parse_one(f"CREATE TABLE t ({text})", read="snowflake").this.expressions[0]
    except ParseError as error:
        raise from_parse_error(error) from None
    if not isinstance(column, exp.ColumnDef) or column.kind is None:
        raise compilation_error(f"syntax error: {text}", 1003, "42000")
    declared_type(column.kind)
    if if_absent and column.find(exp.DefaultColumnConstraint, exp.PrimaryKeyColumnConstraint):
        raise compilation_error("IF NOT EXISTS cannot be combined with a default or a key.", 2000, "42000")
    return column


def unknown_column(name: str) -> ProgrammingError:
    """The table does not have the column."""
    return compilation_error(f"error line 1 at position 0\ninvalid identifier '{name}'", 904, "42000")


def _default(context: Context, column: exp.ColumnDef) -> str:
    default = column.find(exp.DefaultColumnConstraint)
    if default is None:
        return ""
    value = context.translate(exp.select(default.this.copy()))
    return f" DEFAULT ({value.expressions[0].sql('duckdb')})"


def _is_required(column: exp.ColumnDef) -> bool:
    not_null = column.find(exp.NotNullColumnConstraint)
    return not_null is not None and not not_null.args.get("allow_null")


def _require_distinct(name: str, others: Iterable[str]) -> None:
    """Raises ProgrammingError for names that differ in case only, which are equal in DuckDB."""
    if name.lower() in {other.lower() for other in others}:
        raise not_supported(f'column "{name}" beside one that differs from it in case only')


def _require_fillable(context: Context, table: Name, name: str, column: exp.ColumnDef) -> None:
    if column.find(exp.DefaultColumnConstraint):
        return
    if context.duck.execute(f"SELECT 1 FROM {table.quoted} LIMIT 1").fetchone() is not None:
        raise compilation_error(
            f"Non-nullable column '{name}' cannot be added to non-empty table '{table.name}' unless it has a non-null "
            "default value.",
            2000,
            "42000",
        )

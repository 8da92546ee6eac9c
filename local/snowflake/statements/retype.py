"""ALTER TABLE's columns: retyped, as far as Snowflake allows it."""

from __future__ import annotations

from local.snowflake.engine import declared_types
from local.snowflake.language.column_types import ColumnType, declared_type
from local.snowflake.language.errors import compilation_error
from local.snowflake.language.names import Name, quote_identifier
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context
from local.snowflake.statements.column_changes import column_definition, unknown_column

_REASONS = {
    "scale": (40052, "changing the scale of a number is not supported."),
    "shorter VARCHAR": (40050, "reducing the byte-length of a varchar is not supported."),
    "shorter BINARY": (40050, "reducing the byte-length of a binary is not supported."),
}


def retype_columns(context: Context, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    """{ALTER | MODIFY} [COLUMN] name [SET DATA] TYPE type, …."""
    changes: dict[str, ColumnType] = {}
    while True:
        scanner.accept("COLUMN")
        name = scanner.identifier()
        if not scanner.accept("SET", "DATA", "TYPE"):
            scanner.expect("TYPE")
        kind = declared_type(column_definition(f"c {scanner.until(',')}", if_absent=False).args["kind"])
        if name not in columns:
            raise unknown_column(name)
        if kind != columns[name]:
            _require_widening(context, table, name, columns[name], kind)
            changes[name] = kind
        if not scanner.accept(","):
            break
    context.in_one_step(
        [
            f"ALTER TABLE {table.quoted} ALTER COLUMN {quote_identifier(name)} SET DATA TYPE {kind.stored}"
            for name, kind in changes.items()
        ]
    )
    declared_types.remember(context.duck, table, changes)


def _require_widening(context: Context, table: Name, column: str, old: ColumnType, new: ColumnType) -> None:
    """A number may grow at its scale, and shrink to what its values need; a text or binary may only grow."""
    change = f"cannot change column {column} from type {old} to {new}"
    if old.name != new.name or old.name not in ("NUMBER", "VARCHAR", "BINARY"):
        raise compilation_error(change, 2108, "22000")
    if old.name == "NUMBER":
        reason = "scale" if old.sizes[1] != new.sizes[1] else None
    else:
        reason = f"shorter {old.name}" if new.sizes < old.sizes else None
    if reason is not None:
        errno, text = _REASONS[reason]
        raise compilation_error(f"{change} because {text}", errno, "22000")
    if old.name == "NUMBER" and new.sizes < old.sizes:
        quoted = quote_identifier(column)
        lost = f"TRY_CAST({quoted} AS {new.stored}) IS DISTINCT FROM {quoted}"
        query = f"SELECT 1 FROM {table.quoted} WHERE {lost} LIMIT 1"
        if context.duck.execute(query).fetchone() is not None:
            raise compilation_error(
                f"{change} because some existing values cannot be represented using precision {new.sizes[0]} "
                f"instead of precision {old.sizes[0]}.",
                2108,
                "22000",
            )

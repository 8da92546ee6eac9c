"""ALTER TABLE: columns added, dropped, renamed and retyped by Snowflake's rules; every other clause is the engine's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from snowflake.connector.errors import ProgrammingError
from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from local.snowflake.engine import declared_types
from local.snowflake.language.column_types import ColumnType, declared_type
from local.snowflake.language.errors import (
    already_exists,
    compilation_error,
    does_not_exist,
    from_parse_error,
    not_supported,
)
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import Name, Scanner, quote_identifier
from local.snowflake.pipes import copy_history
from local.snowflake.session.engine_cursor import EngineCursor

if TYPE_CHECKING:
    from local.snowflake.session.session import Session

_DONE = "Statement executed successfully."
_CLAUSES = ("ADD", "DROP", "RENAME", "ALTER", "MODIFY")
# ADD and DROP also speak of what is not a column; ALTER and MODIFY of what is no type.
_OTHER_OBJECTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "ROW", "SEARCH", "CLUSTERING", "ALL", "AGGREGATION"}
_REASONS = {
    "scale": (40052, "changing the scale of a number is not supported."),
    "shorter VARCHAR": (40050, "reducing the byte-length of a varchar is not supported."),
    "shorter BINARY": (40050, "reducing the byte-length of a binary is not supported."),
}


def is_column_change(scanner: Scanner) -> bool:
    """Whether an ALTER TABLE changes columns or names; the scanner is left where it was."""
    start = scanner.at
    try:
        if not scanner.accept("ALTER", "TABLE"):
            return False
        scanner.accept("IF", "EXISTS")
        scanner.parts()
        if scanner.word() not in _CLAUSES or scanner.word(1) in _OTHER_OBJECTS:
            return False
        return scanner.word() not in ("ALTER", "MODIFY") or _retypes(scanner)
    except ProgrammingError:
        return False
    finally:
        scanner.at = start


def _retypes(scanner: Scanner) -> bool:
    words = [scanner.word(ahead) for ahead in range(1, len(scanner.tokens) - scanner.at)]
    return "TYPE" in words


def alter_table(scanner: Scanner, session: Session) -> Result:
    """Run what `is_column_change` recognised: all of its changes or none.

    Raises ProgrammingError for a table or column that is not there (or is there twice), and for a type change that
    Snowflake refuses.
    """
    scanner.expect("ALTER", "TABLE")
    if_exists = scanner.accept("IF", "EXISTS")
    table = session.resolve(scanner.parts())
    with session.ddl():
        columns = declared_types.columns_of(session, table)
        if not columns:
            if if_exists:
                return status(_DONE)
            raise does_not_exist("Table", str(table))
        verb = scanner.next().text.upper()
        if verb == "ADD":
            _add(session, table, columns, scanner)
        elif verb == "DROP":
            _drop(session, table, columns, scanner)
        elif verb == "RENAME" and scanner.accept("COLUMN"):
            _rename_column(session, table, columns, scanner)
        elif verb == "RENAME":
            _rename_table(session, table, scanner)
        else:
            _retype(session, table, columns, scanner)
    return status(_DONE)


def _add(session: Session, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    added: dict[str, exp.ColumnDef] = {}
    while True:
        scanner.accept("COLUMN")
        if_absent = scanner.accept("IF", "NOT", "EXISTS")
        column = _definition(scanner.until(","), if_absent)
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
        steps.append(f"ADD COLUMN {quote_identifier(name)} {types[name].stored}{_default(session, column)}")
        if _is_required(column):
            _require_fillable(session, table, name, column)
            steps.append(f"ALTER COLUMN {quote_identifier(name)} SET NOT NULL")
    session.in_one_step([f"ALTER TABLE {table.quoted} {step}" for step in steps])
    declared_types.remember(session, table, types)


def _default(session: Session, column: exp.ColumnDef) -> str:
    default = column.find(exp.DefaultColumnConstraint)
    if default is None:
        return ""
    value = EngineCursor(session).translate(exp.select(default.this.copy()), None)
    return f" DEFAULT ({value.expressions[0].sql('duckdb')})"


def _is_required(column: exp.ColumnDef) -> bool:
    not_null = column.find(exp.NotNullColumnConstraint)
    return not_null is not None and not not_null.args.get("allow_null")


def _require_distinct(name: str, others: Iterable[str]) -> None:
    """DuckDB does not tell names apart by case."""
    if name.lower() in {other.lower() for other in others}:
        raise not_supported(f'column "{name}" beside one that differs from it in case only')


def _definition(text: str, if_absent: bool) -> exp.ColumnDef:
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


def _require_fillable(session: Session, table: Name, name: str, column: exp.ColumnDef) -> None:
    if column.find(exp.DefaultColumnConstraint):
        return
    if session.duck.execute(f"SELECT 1 FROM {table.quoted} LIMIT 1").fetchone() is not None:
        raise compilation_error(
            f"Non-nullable column '{name}' cannot be added to non-empty table '{table.name}' unless it has a non-null "
            "default value.",
            2000,
            "42000",
        )


def _drop(session: Session, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    scanner.accept("COLUMN")
    if_exists = scanner.accept("IF", "EXISTS")
    dropped = []
    while True:
        name = scanner.identifier()
        if name in columns:
            dropped.append(name)
        elif not if_exists:
            raise _unknown_column(name)
        if not scanner.accept(","):
            break
        scanner.accept("COLUMN")
    scanner.expect_end()
    session.in_one_step([f"ALTER TABLE {table.quoted} DROP COLUMN {quote_identifier(name)}" for name in dropped])
    for name in dropped:
        declared_types.forget_column(session, table, name)


def _rename_column(session: Session, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    old = scanner.identifier()
    scanner.expect("TO")
    new = scanner.identifier()
    scanner.expect_end()
    if old not in columns:
        raise _unknown_column(old)
    if new in columns:
        raise compilation_error(f"column '{new}' already exists", 1430, "42601")
    _require_distinct(new, columns.keys() - {old})
    session.in_one_step(
        [f"ALTER TABLE {table.quoted} RENAME COLUMN {quote_identifier(old)} TO {quote_identifier(new)}"]
    )
    declared_types.rename_column(session, table, old, new)


def _rename_table(session: Session, table: Name, scanner: Scanner) -> None:
    """A bare new name is one of the session's schema, not of the table's."""
    scanner.expect("TO")
    new = session.resolve(scanner.parts())
    scanner.expect_end()
    if (new.database, new.schema) != (table.database, table.schema):
        raise not_supported("ALTER TABLE RENAME TO another schema")
    if declared_types.columns_of(session, new):
        raise already_exists(str(new))
    session.in_one_step([f"ALTER TABLE {table.quoted} RENAME TO {quote_identifier(new.name)}"])
    declared_types.rename_table(session, table, new)
    copy_history.rename_table(session.duck, table, new)
    session.warehouse.pipes.loads.rename(table, new)


def _retype(session: Session, table: Name, columns: dict[str, ColumnType], scanner: Scanner) -> None:
    changes: dict[str, ColumnType] = {}
    while True:
        scanner.accept("COLUMN")
        name = scanner.identifier()
        if not scanner.accept("SET", "DATA", "TYPE"):
            scanner.expect("TYPE")
        kind = declared_type(_definition(f"c {scanner.until(',')}", if_absent=False).args["kind"])
        if name not in columns:
            raise _unknown_column(name)
        if kind != columns[name]:
            _require_widening(session, table, name, columns[name], kind)
            changes[name] = kind
        if not scanner.accept(","):
            break
    session.in_one_step(
        [
            f"ALTER TABLE {table.quoted} ALTER COLUMN {quote_identifier(name)} SET DATA TYPE {kind.stored}"
            for name, kind in changes.items()
        ]
    )
    declared_types.remember(session, table, changes)


def _require_widening(session: Session, table: Name, column: str, old: ColumnType, new: ColumnType) -> None:
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
        if session.duck.execute(query).fetchone() is not None:
            raise compilation_error(
                f"{change} because some existing values cannot be represented using precision {new.sizes[0]} "
                f"instead of precision {old.sizes[0]}.",
                2108,
                "22000",
            )


def _unknown_column(name: str) -> ProgrammingError:
    return compilation_error(f"error line 1 at position 0\ninvalid identifier '{name}'", 904, "42000")

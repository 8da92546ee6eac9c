"""ALTER TABLE: columns added, dropped, renamed and retyped by Snowflake's rules; every other clause is the engine's."""

from __future__ import annotations

from snowflake.connector.errors import ProgrammingError

from local.snowflake.engine import declared_types
from local.snowflake.language.errors import already_exists, does_not_exist, not_supported
from local.snowflake.language.names import Name, quote_identifier
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import Scanner
from local.snowflake.pipes.pipes import Pipes
from local.snowflake.session.context import Context
from local.snowflake.statements.column_changes import add_columns, drop_columns, rename_column
from local.snowflake.statements.retype import retype_columns

_DONE = "Statement executed successfully."
_CLAUSES = ("ADD", "DROP", "RENAME", "ALTER", "MODIFY")
# ADD and DROP may be followed by these instead of a column.
_OTHER_OBJECTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "ROW", "SEARCH", "CLUSTERING", "ALL", "AGGREGATION"}


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


def alter_table(scanner: Scanner, context: Context, pipes: Pipes) -> Result:
    """Run what `is_column_change` recognised: all of its changes or none.

    Raises ProgrammingError for a table or column that does not exist (or already exists), and for a type change that
    Snowflake refuses.
    """
    scanner.expect("ALTER", "TABLE")
    if_exists = scanner.accept("IF", "EXISTS")
    table = context.resolve(scanner.parts())
    with context.ddl():
        columns = declared_types.columns_of(context.duck, table)
        if not columns:
            if if_exists:
                return status(_DONE)
            raise does_not_exist("Table", str(table))
        verb = scanner.next().text.upper()
        if verb == "ADD":
            add_columns(context, table, columns, scanner)
        elif verb == "DROP":
            drop_columns(context, table, columns, scanner)
        elif verb == "RENAME" and scanner.accept("COLUMN"):
            rename_column(context, table, columns, scanner)
        elif verb == "RENAME":
            _rename_table(context, pipes, table, scanner)
        else:
            retype_columns(context, table, columns, scanner)
        context.times.altered([table])
    return status(_DONE)


def _rename_table(context: Context, pipes: Pipes, table: Name, scanner: Scanner) -> None:
    """An unqualified new name is in the session's schema, not in the table's."""
    scanner.expect("TO")
    new = context.resolve(scanner.parts())
    scanner.expect_end()
    if (new.database, new.schema) != (table.database, table.schema):
        raise not_supported("ALTER TABLE RENAME TO another schema")
    if declared_types.columns_of(context.duck, new):
        raise already_exists(str(new))
    context.in_one_step([f"ALTER TABLE {table.quoted} RENAME TO {quote_identifier(new.name)}"])
    declared_types.rename_table(context.duck, table, new)
    pipes.rename_table(context, table, new)
    context.times.renamed(table, new)

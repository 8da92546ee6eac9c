"""DROP DATABASE, which DuckDB spells DETACH and fakesnow does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import Expr, exp

from local.snowflake.language.errors import does_not_exist
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import quote_identifier
from local.snowflake.pipes import copy_history

if TYPE_CHECKING:
    from local.snowflake.session.session import Session

_METADATA = ("_fs_stages", "_fs_file_formats")


def dropped_database(expression: Expr) -> str | None:
    """The database that a statement drops; None for every other statement."""
    if not isinstance(expression, exp.Drop) or str(expression.args.get("kind")).upper() != "DATABASE":
        return None
    identifier = next(expression.find_all(exp.Identifier))
    return str(identifier.this) if identifier.quoted else str(identifier.this).upper()


def drop_database(session: Session, name: str, if_exists: bool) -> Result:
    """Drop the database and the stages, file formats, pipes, tasks and load history in it."""
    duck = session.duck
    known = duck.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [name]).fetchone()
    if known is None:
        if if_exists:
            return status("Drop statement executed successfully.")
        raise does_not_exist("Database", name)
    if session.database == name:
        duck.execute("USE memory")
        session.connection.database, session.connection._schema = None, None
        session.connection.database_set = session.connection.schema_set = False
    duck.execute(f"DETACH {quote_identifier(name)}")
    for table in _METADATA:
        duck.execute(f"DELETE FROM _fs_global._fs_information_schema.{table} WHERE database_name = ?", [name])
    duck.execute(f'DELETE FROM {copy_history.TABLE} WHERE "TABLE_CATALOG_NAME" = ?', [name])
    session.warehouse.pipes.forget_database(name)
    session.warehouse.tasks.forget_database(name)
    session.warehouse.grants.forget("DATABASE", (name,))
    return status(f"{name} successfully dropped.")

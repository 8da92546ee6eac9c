"""DROP DATABASE, which is DETACH in DuckDB and which fakesnow does not have."""

from __future__ import annotations

from sqlglot import Expr, exp

from local.snowflake.language.errors import does_not_exist
from local.snowflake.language.names import quote_identifier
from local.snowflake.language.result import Result, status
from local.snowflake.session.context import Context
from local.snowflake.statements.objects import Objects

_METADATA = ("_fs_stages", "_fs_file_formats")


def dropped_database(expression: Expr) -> str | None:
    """The database that a statement drops; None for every other statement."""
    if not isinstance(expression, exp.Drop) or str(expression.args.get("kind")).upper() != "DATABASE":
        return None
    identifier = next(expression.find_all(exp.Identifier))
    return str(identifier.this) if identifier.quoted else str(identifier.this).upper()


def drop_database(context: Context, objects: Objects, name: str, if_exists: bool) -> Result:
    """Drop the database and the stages, file formats, pipes, tasks and load history in it."""
    duck = context.duck
    found = duck.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [name]).fetchone()
    if found is None:
        if if_exists:
            return status("Drop statement executed successfully.")
        raise does_not_exist("Database", name)
    if context.database == name:
        context.leave_database()
    duck.execute(f"DETACH {quote_identifier(name)}")
    for table in _METADATA:
        duck.execute(f"DELETE FROM _fs_global._fs_information_schema.{table} WHERE database_name = ?", [name])
    objects.pipes.forget_database(context, name)
    objects.tasks.forget_database(name)
    objects.account.forget_database(name)
    objects.grants.forget("DATABASE", (name,))
    return status(f"{name} successfully dropped.")

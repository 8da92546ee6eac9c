"""What a statement that misses an object named: the object itself, or a view of it."""

from __future__ import annotations

import duckdb
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr, exp

from local.snowflake.engine.declared_types import columns_of
from local.snowflake.language.errors import failed_expansion
from local.snowflake.language.names import Name
from local.snowflake.session.context import Context

_MISSING = "42S02"


def failed_expansion_of(expression: Expr, error: ProgrammingError, context: Context) -> ProgrammingError | None:
    """002037 where the missing object is one that the statement's view names; None where the statement names it."""
    if error.sqlstate != _MISSING:
        return None
    ctes = {cte.alias_or_name for cte in expression.find_all(exp.CTE)}
    tables = [one for one in expression.find_all(exp.Table) if isinstance(one.this, exp.Identifier)]
    names = [_name(one, context) for one in tables if one.name not in ctes]
    # The session's transaction may be aborted.
    with context.duck.cursor() as duck:
        if not all(columns_of(duck, name) for name in names):
            return None
        views = [name for name in names if _is_view(duck, name)]
    return failed_expansion(views[0].name, error) if views else None


def _name(table: exp.Table, context: Context) -> Name:
    return context.resolve([part.name if part.args.get("quoted") else part.name.upper() for part in table.parts])


def _is_view(duck: duckdb.DuckDBPyConnection, name: Name) -> bool:
    query = "SELECT 1 FROM duckdb_views() WHERE (database_name, schema_name, view_name) = (?, ?, ?)"
    return duck.execute(query, name.parts).fetchone() is not None


def qualified_names(expression: Expr) -> dict[str, str]:
    """Bare table name -> the full name the statement used."""
    return {
        table.name.upper(): ".".join(
            part.name if part.args.get("quoted") else part.name.upper() for part in table.parts
        )
        for table in expression.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
    }

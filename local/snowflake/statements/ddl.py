"""DDL that the engine runs, with the updates of types and histories that it needs."""

from __future__ import annotations

from typing import Any

from sqlglot import Expr, exp, parse_one

from local.snowflake.engine import declared_types
from local.snowflake.language.names import Name, quote_identifier
from local.snowflake.language.result import Result
from local.snowflake.session.context import Context
from local.snowflake.statements.drop_database import drop_database, dropped_database
from local.snowflake.statements.objects import Objects


def run_ddl(expression: Expr, params: Any, context: Context, objects: Objects) -> Result:
    """DDL ends the open transaction and commits by itself."""
    with context.ddl():
        if (database := dropped_database(expression)) is not None:
            return drop_database(context, objects, database, bool(expression.args.get("exists")))
        new_database = _created_database(context, expression)
        dropped = _dropped(context, expression)
        new_object, source = _created_object(context, expression), _source(context, expression)
        columns, altered = declared_types.definitions(expression), _altered(context, expression)
        result = context.run(expression, params)
        if new_object is not None:
            _forget(context, objects, new_object)
            context.times.created(new_object)
            declared_types.remember(context.duck, new_object, columns)
            if source is not None:
                declared_types.copy(context.duck, source, new_object)
        for name in dropped:
            _forget(context, objects, name)
        if new_database is not None:
            _enter(context, new_database)
        context.times.altered(altered)
        return result


def _forget(context: Context, objects: Objects, name: Name) -> None:
    """Remove the types and load history of a dropped or replaced object."""
    declared_types.forget(context.duck, name)
    objects.pipes.forget_table(name)


def _kind(expression: Expr) -> str:
    return str(expression.args.get("kind")).upper()


def _created_object(context: Context, expression: Expr) -> Name | None:
    """The table or view that a CREATE will make; None when it already exists."""
    if not isinstance(expression, exp.Create) or _kind(expression) not in ("TABLE", "VIEW"):
        return None
    table = expression.find(exp.Table)
    if table is None or not isinstance(table.this, exp.Identifier):
        return None
    name = _name(context, table)
    return None if expression.args.get("exists") and declared_types.columns_of(context.duck, name) else name


def _source(context: Context, expression: Expr) -> Name | None:
    """The table whose columns a CREATE TABLE … LIKE or CLONE takes over."""
    origin = expression.args.get("clone") or expression.find(exp.LikeProperty)
    table = origin.this if isinstance(expression, exp.Create) and origin is not None else None
    return _name(context, table) if isinstance(table, exp.Table) else None


def _dropped(context: Context, expression: Expr) -> list[Name]:
    if not isinstance(expression, exp.Drop) or _kind(expression) not in ("TABLE", "VIEW"):
        return []
    return [_name(context, table) for table in expression.args.get("tables") or []]


def _altered(context: Context, expression: Expr) -> list[Name]:
    """The tables that a statement changes, or gives another name or property."""
    if not isinstance(expression, (exp.Alter, exp.TruncateTable, exp.Comment)):
        return []
    return [_name(context, table) for table in expression.find_all(exp.Table)]


def _name(context: Context, table: exp.Table) -> Name:
    return context.resolve([part.name if part.args.get("quoted") else part.name.upper() for part in table.parts])


def _created_database(context: Context, expression: Expr) -> str | None:
    """The database that a CREATE DATABASE will make; None when it already exists."""
    if not isinstance(expression, exp.Create) or _kind(expression) != "DATABASE":
        return None
    identifier = next(expression.find_all(exp.Identifier))
    name = str(identifier.this) if identifier.quoted else str(identifier.this).upper()
    found = context.duck.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [name]).fetchone()
    return None if found else name


def _enter(context: Context, database: str) -> None:
    """Make a new database's schema PUBLIC and make both current."""
    context.duck.execute(f'CREATE SCHEMA {quote_identifier(database)}."PUBLIC"')
    context.run(parse_one(f'USE SCHEMA {quote_identifier(database)}."PUBLIC"', read="snowflake"), None)

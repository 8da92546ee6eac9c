"""INFORMATION_SCHEMA.TABLES: fakesnow's view with the rows counted and the times that it lacks."""

from __future__ import annotations

from sqlglot import Expr, exp, parse_one

from local.snowflake.language.names import Name, quote_identifier, quote_literal
from local.snowflake.session.context import Context

_REPLACED = """
(SELECT "t".* REPLACE ("s"."ROWS" AS "ROW_COUNT", "s"."CREATED" AS "CREATED", "s"."ALTERED" AS "LAST_ALTERED")
 FROM {view} AS "t" INNER JOIN ({facts}) AS "s" ON "s"."SCHEMA" = "t"."TABLE_SCHEMA" AND "s"."NAME" = "t"."TABLE_NAME")
"""
_FACT = """
SELECT {schema} AS "SCHEMA", {name} AS "NAME", (SELECT COUNT(*) FROM {table}) AS "ROWS",
       {created}::TIMESTAMP_TZ AS "CREATED", {altered}::TIMESTAMP_TZ AS "ALTERED"
"""
# A table that no session made.
_UNKNOWN = ("NULL", "NULL")


def as_subquery(table: exp.Table, context: Context) -> Expr | None:
    """The view as a subquery under its alias; None where the database has no tables, or is not there."""
    catalog = table.args.get("catalog")
    named = catalog.name if catalog is not None and catalog.args.get("quoted") else table.catalog.upper()
    database = named or context.database or ""
    facts = [_fact(name, context) for name in _tables(context, database)]
    if not facts:
        return None
    view = f"{quote_identifier(database)}.INFORMATION_SCHEMA.TABLES"
    query = parse_one(_REPLACED.format(view=view, facts=" UNION ALL ".join(facts)), read="snowflake")
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier("TABLES", quoted=True))
    return exp.Subquery(this=query.this, alias=alias.copy())


def _tables(context: Context, database: str) -> list[Name]:
    query = "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE database_name = ?"
    found = context.duck.execute(query + " AND schema_name <> '_fs_information_schema'", [database]).fetchall()
    return [Name(*row) for row in found]


def _fact(table: Name, context: Context) -> str:
    times = context.times.of(table)
    created, altered = (quote_literal(at.isoformat()) for at in (times.created, times.altered)) if times else _UNKNOWN
    schema, name = quote_literal(table.schema), quote_literal(table.name)
    return _FACT.format(schema=schema, name=name, table=table.quoted, created=created, altered=altered)

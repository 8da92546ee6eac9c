"""RESULT_SCAN: the result of an earlier statement, as rows of a query."""

from __future__ import annotations

from sqlglot import Expr, exp

from local.snowflake.language.names import quote_identifier
from local.snowflake.language.table_functions import as_table, scanned_query, select_from
from local.snowflake.session.context import Context
from local.snowflake.session.queries import Queries


def as_subquery(node: exp.TableFromRows, context: Context, queries: Queries) -> Expr:
    """A call of RESULT_SCAN as a subquery over the kept result, for as long as the session lasts."""
    query = scanned_query(node)
    name = f"result of {query}"
    # The engine finds a variable by its name, and a table of that name first.
    _result_of_an_earlier_statement = queries.result(query).table
    context.duck.execute(
        f"CREATE OR REPLACE TEMP TABLE {quote_identifier(name)} AS SELECT * FROM _result_of_an_earlier_statement"
    )
    return as_table(node, select_from(f"temp.main.{name}"), "RESULT_SCAN")

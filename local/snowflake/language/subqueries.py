"""Refuses the subqueries that Snowflake does not evaluate (its pages Subquery operators, Working with subqueries)."""

from __future__ import annotations

from sqlglot import Expr, exp

from local.snowflake.language.errors import compilation_error

_STATEMENTS = (exp.Query, exp.Update, exp.Delete, exp.Merge)


def refuse_unsupported(statement: Expr) -> None:
    """Raises ProgrammingError 002031 for a subquery where Snowflake takes none of its kind.

    A column without a table's name is taken for the subquery's own.
    """
    for node in statement.find_all(exp.Exists, exp.In, exp.Any, exp.All, exp.Subquery):
        query = _query(node)
        if query is not None and not _supported(node, query):
            raise compilation_error("Unsupported subquery type cannot be evaluated", 2031, "42601")


def _query(node: Expr) -> exp.Query | None:
    """The query of a subquery that is a part of an expression."""
    found = node.args.get("query") if isinstance(node, exp.In) else node.this
    if isinstance(node, exp.Subquery) and not _is_value(node):
        return None
    while isinstance(found, exp.Subquery):
        found = found.this
    return found if isinstance(found, exp.Query) else None


def _is_value(node: exp.Subquery) -> bool:
    operators = (exp.From, exp.Join, exp.In, exp.Any, exp.All, exp.Exists, exp.Merge, exp.Insert, exp.SetOperation)
    return not isinstance(node.parent, (*operators, exp.Subquery, exp.Query, exp.Lateral)) or (
        isinstance(node.parent, exp.Select) and node.arg_key == "expressions"
    )


def _supported(node: Expr, query: exp.Query) -> bool:
    correlated = _is_correlated(query)
    if correlated and query.args.get("limit") is not None:
        return False
    if isinstance(node, exp.Subquery):
        return not correlated or _is_one_row(query)
    if isinstance(node, exp.Exists) and not correlated:
        return True
    return _is_filter(node)


def _is_filter(node: Expr) -> bool:
    """Whether it is a condition of a WHERE, but no argument of an OR."""
    while node.parent is not None and not isinstance(node, _STATEMENTS):
        if isinstance(node, exp.Where):
            return True
        if isinstance(node, exp.Or):
            return False
        node = node.parent
    return False


def _is_correlated(query: exp.Query) -> bool:
    own = {source.alias_or_name.upper() for source in query.find_all(exp.Table, exp.Subquery, exp.CTE, exp.Values)}
    return any(column.table and column.table.upper() not in own for column in query.find_all(exp.Column))


def _is_one_row(query: exp.Query) -> bool:
    """Whether it is an aggregate over all its rows."""
    if not isinstance(query, exp.Select) or query.args.get("group") is not None:
        return False
    return all(projection.find(exp.AggFunc) is not None for projection in query.expressions)

"""A statement's text as a syntax tree that the engine may run as it is meant."""

from __future__ import annotations

from sqlglot import Expr, exp, parse_one
from sqlglot.errors import ParseError, TokenError

from local.snowflake.language.errors import from_parse_error, not_supported
from local.snowflake.language.subqueries import refuse_unsupported

_COPIES = (exp.Copy, exp.Put, exp.Get)


def parsed(sql: str) -> Expr:
    """The tree of one statement.

    Raises ProgrammingError where it is none, or one that Snowflake or the stand-in refuses.

    TRUNCATE is DML, which a rollback undoes; the engine's is not, so it becomes a DELETE.
    """
    try:
        expression = parse_one(sql, read="snowflake")
    except (ParseError, TokenError) as error:
        raise from_parse_error(error) from None
    if isinstance(expression, exp.TruncateTable):
        return exp.delete(expression.expressions[0])
    _refuse(expression)
    return expression


def _refuse(expression: Expr) -> None:
    """Raises ProgrammingError for what fakesnow would do otherwise.

    Its COPY turns "" into NULL (files are loaded by pipes); its INSERT OVERWRITE empties a table before it reads it.
    """
    if isinstance(expression, _COPIES):
        raise not_supported(f"{expression.key.upper()} outside a pipe")
    if isinstance(expression, exp.Insert) and expression.args.get("overwrite"):
        raise not_supported("INSERT OVERWRITE")
    refuse_unsupported(expression)

"""Calls of INFORMATION_SCHEMA's table functions: `TABLE(db.INFORMATION_SCHEMA.NAME(argument => value, …))`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import Expr, exp

from local.snowflake.language.errors import compilation_error, not_supported


@dataclass(frozen=True)
class Call:
    """`database` is the qualifier of INFORMATION_SCHEMA, in stored case."""

    name: str
    arguments: dict[str, Expr]
    database: str | None


def called(node: exp.TableFromRows) -> str:
    """The function's name in upper case; empty for any other call."""
    call = _call(node)
    return call.name.upper() if isinstance(call, exp.Anonymous) else ""


def parse_call(node: exp.TableFromRows, known: set[str]) -> Call:
    """Raises ProgrammingError for positional arguments and for names that are not `known`."""
    call = _call(node)
    arguments = {}
    for argument in call.expressions:
        if not isinstance(argument, exp.Kwarg):
            raise not_supported(f"{call.name.upper()} with positional arguments")
        arguments[argument.this.name.upper()] = argument.expression
    if unknown := set(arguments) - known:
        raise compilation_error(f"Unknown argument {sorted(unknown)[0]} of {call.name.upper()}.", 2037, "42601")
    return Call(call.name.upper(), arguments, _database(node))


def as_table(node: exp.TableFromRows, query: exp.Select, name: str) -> exp.Subquery:
    """The rows that stand for the call, under its alias."""
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name, quoted=True))
    return exp.Subquery(this=query, alias=alias)


def select_from(table: str) -> exp.Select:
    """SELECT * FROM one of the stand-in's own tables."""
    quoted = ".".join(f'"{part}"' for part in table.split("."))
    return exp.select("*").from_(exp.to_table(quoted, dialect="snowflake"))


def scanned_result(expression: Expr) -> str | None:
    """The query id of `SELECT * FROM TABLE(RESULT_SCAN('id'))`; None for every other statement."""
    source = expression.args.get("from_")
    function = source.this if isinstance(expression, exp.Select) and source else None
    if not isinstance(function, exp.TableFromRows) or called(function) != "RESULT_SCAN":
        return None
    clauses = {key for key, value in expression.args.items() if value} - {"expressions", "from_", "kind"}
    return None if clauses or not expression.is_star else scanned_query(function)


def scanned_query(node: exp.TableFromRows) -> str:
    """The query id of a call of RESULT_SCAN."""
    arguments = _call(node).expressions
    if len(arguments) != 1 or not arguments[0].is_string:
        raise not_supported("RESULT_SCAN of something else than a query id in quotes")
    return str(arguments[0].name)


def _call(node: exp.TableFromRows) -> Expr:
    call: Expr = node.this.expression if isinstance(node.this, exp.Dot) else node.this
    return call


def _database(node: exp.TableFromRows) -> str | None:
    inner = node.this.this if isinstance(node.this, exp.Dot) else None
    if not isinstance(inner, exp.Dot):
        return None
    identifier = inner.this
    return str(identifier.name) if identifier.quoted else str(identifier.name).upper()

"""Snowflake functions and constraints that DuckDB lacks or means differently, rewritten for it."""

from __future__ import annotations

import re

from sqlglot import Expr, exp, parse_one

from local.snowflake.engine.casts import macro
from local.snowflake.language.errors import not_supported

# DuckDB's hashes are unsigned 64 bits, Snowflake's signed; the modulus keeps a sum of them within 64 bits.
_HASH = "CAST(CAST(HASH({row}) AS HUGEINT) - 9223372036854775808 AS BIGINT)"
_HASH_AGG = (
    "CAST(COALESCE(SUM(CAST(HASH({row}) AS HUGEINT)), 0) % 18446744073709551616 - 9223372036854775808 AS BIGINT)"
)
# The elements of a moment's format, as STRFTIME has them.
_ELEMENTS = {
    "YYYY": "%Y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "MI": "%M",
    "SS": "%S",
    "FF6": "%f",
    "TZH:TZM": "+00:00",
}
_FORMAT = re.compile(rf"{'|'.join(_ELEMENTS)}|\"[^\"%]*\"|[-:. /]")


def functions(node: Expr) -> Expr:
    """Rewrite one call of a function that DuckDB lacks or means differently."""
    if isinstance(node, exp.HashAgg):
        return _hash(_HASH_AGG, [node.this, *node.expressions])
    if isinstance(node, exp.Anonymous) and node.name.upper() == "HASH":
        return _hash(_HASH, node.expressions)
    if isinstance(node, exp.JSONFormat):
        return macro("_sf_to_json", node.this.transform(functions, copy=False))
    if isinstance(node, (exp.ToChar, exp.TimeToStr)):
        return _written(node)
    if isinstance(node, (exp.ArgMin, exp.ArgMax)):
        name = "ARG_MIN_NULL" if isinstance(node, exp.ArgMin) else "ARG_MAX_NULL"
        return exp.Anonymous(this=name, expressions=[node.this, node.expression])
    return node


def _written(node: exp.ToChar | exp.TimeToStr) -> Expr:
    """A moment in a format; the stand-in holds moments with a zone in UTC."""
    form = node.args.get("format")
    if form is None:
        return node
    if isinstance(node, exp.TimeToStr):
        form.set("this", form.name.replace("%:z", "+00:00"))
        return node
    if form.name.upper() == "HEX":
        return exp.Anonymous(this="HEX", expressions=[node.this])
    left, made = form.name, ""
    while left:
        found = _FORMAT.match(left)
        if found is None:
            raise not_supported(f"TO_VARCHAR with the format {form.sql()}")
        made += _ELEMENTS.get(found[0], found[0].strip('"'))
        left = left[found.end() :]
    return exp.Anonymous(this="STRFTIME", expressions=[node.this, exp.Literal.string(made)])


def aliases_first(statement: Expr) -> Expr:
    """In a correlated subquery DuckDB takes `s` of `s."A"` for an inner column S, before it looks at outer aliases."""
    if statement.find(exp.Exists) is None:
        return statement
    aliases = {alias.name for alias in statement.find_all(exp.TableAlias)}
    named = [alias.this for alias in statement.find_all(exp.TableAlias)]
    named += [column.args.get("table") for column in statement.find_all(exp.Column) if column.table in aliases]
    for identifier in filter(None, named):
        identifier.replace(exp.to_identifier(f"{identifier.name} (alias)", quoted=True))
    return statement


def _hash(template: str, row: list[Expr]) -> Expr:
    columns = ["*COLUMNS(*)" if isinstance(part, exp.Star) else part.sql(dialect="duckdb") for part in row]
    return parse_one(template.format(row=", ".join(columns)), read="duckdb")


def name_columns(select: exp.Select) -> None:
    """Name each column without an alias by its text in upper case."""
    for projection in select.expressions:
        if not isinstance(projection, (exp.Column, exp.Star, exp.Alias)) and not projection.is_star:
            text = projection.sql(dialect="snowflake").upper()
            projection.replace(exp.alias_(projection.copy(), text, quoted=True))


def unenforced_constraints(expression: Expr) -> Expr:
    """Snowflake records primary, unique and foreign keys but enforces only NOT NULL; DuckDB would enforce them all."""
    if not (isinstance(expression, exp.Create) and isinstance(expression.this, exp.Schema)):
        return expression
    keys = (exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint, exp.Reference)
    tables = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)
    not_null: set[str] = set()
    kept = []
    for item in expression.this.expressions:
        if isinstance(item, tables):
            for primary in item.find_all(exp.PrimaryKey):
                not_null |= {identifier.name for identifier in primary.find_all(exp.Identifier)}
            continue
        kept.append(item)
    for column in (item for item in kept if isinstance(item, exp.ColumnDef)):
        constraints = column.args.get("constraints") or []
        if any(isinstance(c.args.get("kind"), exp.PrimaryKeyColumnConstraint) for c in constraints):
            not_null.add(column.name)
        constraints = [c for c in constraints if not isinstance(c.args.get("kind"), keys)]
        has = any(isinstance(c.args.get("kind"), exp.NotNullColumnConstraint) for c in constraints)
        if column.name in not_null and not has:
            constraints.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
        column.set("constraints", constraints)
    expression.this.set("expressions", kept)
    return expression

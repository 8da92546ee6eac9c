"""Which statements Snowflake runs on a warehouse, and which its cloud services answer alone."""

from __future__ import annotations

import re

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

_WORD = re.compile(r"[A-Za-z_]+")
_READS_OR_WRITES = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"}
_QUERIES = {"SELECT", "WITH", "VALUES", ""}
_STATEMENTS = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_TABLE_AS = re.compile(
    r"CREATE\s+(OR\s+REPLACE\s+)?((LOCAL|GLOBAL|TEMP|TEMPORARY|TRANSIENT)\s+)*TABLE\b", re.IGNORECASE
)
_AS_QUERY = re.compile(r"\bAS\s*\(?\s*(SELECT|WITH)\b", re.IGNORECASE)
_LONGEST_PARSED = 20_000


def needs_warehouse(sql: str) -> bool:
    """Whether a warehouse has to run for the statement.

    None is needed for DDL, SHOW, DESCRIBE, a query of functions and constants alone, and one of a table's COUNT(*), MIN
    and MAX, which are in its metadata. Results that the cache would have, and conditions that fold to FALSE, count as
    if they needed one.
    """
    text = sql.strip()
    words = [found.upper() for found in _WORD.findall(text[:200])[:2]]
    first, second = [*words, "", ""][:2] if text[:1] != "(" else ("", "")
    if first == "EXECUTE":
        return second == "IMMEDIATE" and _STATEMENTS.search(text) is not None
    if first == "DECLARE" or (first == "BEGIN" and second not in ("", "TRANSACTION", "WORK", "NAME")):
        return _STATEMENTS.search(text) is not None
    if first == "CREATE":
        return _TABLE_AS.match(text) is not None and _AS_QUERY.search(text) is not None
    return first in _READS_OR_WRITES or (first in _QUERIES and _reads_rows(text))


def _reads_rows(text: str) -> bool:
    if len(text) > _LONGEST_PARSED:
        return True
    try:
        query = parse_one(text, read="snowflake")
    except SqlglotError:
        return True
    if query.find(exp.Table, exp.TableFromRows, exp.Lateral) is None:
        return False
    return not (isinstance(query, exp.Select) and _is_in_metadata(query))


def _is_in_metadata(query: exp.Select) -> bool:
    """Whether it asks one whole table for its count, least and greatest values only."""
    others = set(query.args) - {"kind", "expressions", "from_", "from", "hint"}
    if any(query.args.get(name) for name in others) or query.find(exp.Subquery, exp.TableFromRows) is not None:
        return False
    return all(_is_known(value.unalias()) for value in query.expressions)


def _is_known(value: exp.Expr) -> bool:
    if isinstance(value, exp.Count):
        return isinstance(value.this, exp.Star)
    if isinstance(value, (exp.Min, exp.Max)):
        return isinstance(value.this, exp.Column)
    return isinstance(value, (exp.Null, exp.Literal))

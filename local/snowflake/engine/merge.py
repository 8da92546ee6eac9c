"""MERGE as one DuckDB statement: atomic, transactional, and refused when two source rows match one target row."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fakesnow import statement_type
from sqlglot import Expr, exp

from local.snowflake.language.result import Result, dml_counts

_WORDS = {"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"}


def without_target_qualifiers(merge: exp.Merge) -> exp.Merge:
    """Snowflake allows `SET t."A" = …` and `INSERT (t."A")`, DuckDB only the bare column."""
    for when in _whens(merge):
        then = when.args["then"]
        if isinstance(then, exp.Update):
            for assignment in then.expressions:
                if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
                    assignment.this.set("table", None)
        elif isinstance(then, exp.Insert) and then.this is not None:
            for column in then.this.find_all(exp.Column):
                column.set("table", None)
    return merge


def run(duck: Any, merge: Expr) -> Result:
    """Execute a translated MERGE; one count column per kind of action the statement can take."""
    duck.execute(merge.sql(dialect="duckdb") + " RETURNING merge_action")
    counted = Counter(action for (action,) in duck.fetchall())
    possible = {_action(when.args["then"]) for when in _whens(merge)}
    counts = {word: counted[action] for action, word in _WORDS.items() if action in possible}
    return dml_counts(counts, statement_type.MERGE)


def _whens(merge: Expr) -> list[exp.When]:
    whens = merge.args["whens"]
    return list(whens.expressions if isinstance(whens, exp.Whens) else whens)


def _action(then: Expr) -> str:
    if isinstance(then, exp.Insert):
        return "INSERT"
    return "UPDATE" if isinstance(then, exp.Update) else "DELETE"

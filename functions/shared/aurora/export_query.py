"""The query whose rows Aurora exports: a list of the values that FINAL cannot hold, then each column's text. Pure."""

from collections.abc import Iterator, Sequence
from itertools import count

from psycopg2 import sql

from functions.shared.contract.columns import Column
from functions.shared.contract.types import KEPT_CHARACTERS, VARCHAR_BYTES

_NOTHING = sql.SQL("NULL::text")


def export_query(columns: Sequence[Column], selection: sql.Composable) -> sql.Composable:
    """The query over `selection`, everything from FROM on. Its first field holds the positions (from 1) of the columns
    whose value FINAL cannot hold, each between blanks, or NULL; then come the columns' texts in order.

    The inner query computes each text once; OFFSET 0 keeps the planner from merging it into the outer one.
    """
    inner = [sql.SQL("{} AS {}").format(text(column), _text(place)) for place, column in _placed(columns)]
    conditions = [_filled(column.exported.holds, column) for column in columns if column.exported.holds]
    # One array, because a query has at most 1664 columns.
    inner.append(sql.SQL("ARRAY[{}]::boolean[] AS holds").format(sql.SQL(", ").join(conditions)))
    fields = [_refused(columns), *(_field(place, column) for place, column in _placed(columns))]
    outer = [sql.SQL("{} AS {}").format(field, sql.Identifier(f"f{place}")) for place, field in enumerate(fields)]
    kept_whole = sql.SQL("OFFSET 0")  # guard: text-made-more-than-once
    return sql.SQL("SELECT {} FROM (SELECT {} {} {}) AS texts").format(
        sql.SQL(", ").join(outer), sql.SQL(", ").join(inner), selection, kept_whole
    )


def text(column: Column) -> sql.Composable:
    """Aurora's SQL for a value's text; a value that FINAL cannot hold is written as PostgreSQL's own text."""
    rule = column.exported
    if rule.holds is None or rule.text == "{c}::text":
        return _filled(rule.text, column)
    return _filled(f"CASE WHEN {rule.holds} THEN {rule.text} ELSE {{c}}::text END", column)


def _refused(columns: Sequence[Column]) -> sql.Composable:
    numbers = count(1)
    found = [
        (place, sql.SQL(" OR ").join(conditions))
        for place, column in _placed(columns)
        if (conditions := _refusals(place, column, numbers))
    ]
    if not found:
        return _NOTHING
    some = sql.SQL(" OR ").join(condition for _, condition in found)
    one = sql.SQL("CASE WHEN {} THEN {} END")
    places = sql.SQL(", ").join(one.format(condition, sql.Literal(f" {place} ")) for place, condition in found)
    return sql.SQL("CASE WHEN {} THEN concat(VARIADIC ARRAY[{}]) END").format(some, places)


def _refusals(place: int, column: Column, numbers: Iterator[int]) -> list[sql.Composable]:
    rule = column.exported
    conditions: list[sql.Composable] = []
    if rule.holds:
        conditions.append(sql.SQL("NOT holds[{}]").format(sql.Literal(next(numbers))))
    if rule.sizable:
        conditions.append(_oversize(place))
    if rule.holds_text:
        conditions.append(sql.SQL("NOT ({})").format(sql.SQL(rule.holds_text).format(t=_text(place))))
    return conditions


def _field(place: int, column: Column) -> sql.Composable:
    if not column.exported.sizable:
        return _text(place)
    shortened = sql.SQL("CASE WHEN {} THEN left({}, {}) ELSE {} END")
    return shortened.format(_oversize(place), _text(place), sql.Literal(KEPT_CHARACTERS), _text(place))


def _oversize(place: int) -> sql.Composable:
    return sql.SQL("octet_length({}) > {}").format(_text(place), sql.Literal(VARCHAR_BYTES))


def _placed(columns: Sequence[Column]) -> list[tuple[int, Column]]:
    return list(enumerate(columns, 1))


def _text(place: int) -> sql.Composable:
    return sql.Identifier(f"t{place}")


def _filled(template: str, column: Column) -> sql.Composable:
    return sql.SQL(template).format(c=sql.Identifier(column.name))

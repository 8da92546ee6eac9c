"""The rows between a low and a high bound, as Aurora's SQL. Pure: no connection, no clock."""

from psycopg2 import sql

from functions.shared.contract.bounds import Bounds, Slice
from functions.shared.contract.names import SourceTable

EVERYTHING = sql.SQL("true")
_XID_HALF_CIRCLE = 2**31


def relation(source: SourceTable) -> sql.Composable:
    """The table's quoted full name."""
    return sql.Identifier(source.schema, source.name)


def window(bounds: Bounds) -> sql.Composable:
    """The rows that a batch with these bounds exports."""
    if bounds.complete:
        return EVERYTHING
    if bounds.strategy == "xmin":
        return xmin_between(bounds.low_horizon, bounds.horizon)
    if bounds.column is None or bounds.high is None:
        raise ValueError(f"bounds of a {bounds.strategy} window name no column or no high")
    return both(
        after(bounds.column, bounds.low, bounds.type_name), before(bounds.column, bounds.high, bounds.type_name)
    )


def slice_window(bounds: Bounds, part: Slice) -> sql.Composable:
    """The rows of the window that one slice exports; the first slice takes rows without a value too."""
    if bounds.slice_column is None:
        return window(bounds)
    column = sql.Identifier(bounds.slice_column)
    low = EVERYTHING if part.low is None else sql.SQL("{} >= {}").format(column, sql.Literal(part.low))
    high = EVERYTHING if part.high is None else sql.SQL("{} < {}").format(column, sql.Literal(part.high))
    if part.low is None and part.high is not None:
        high = sql.SQL("({} OR {} IS NULL)").format(high, column)
    return both(window(bounds), low, high)


def after(column: str, low: str | None, type_name: str) -> sql.Composable:
    """`column` lies beyond `low` (None: no lower bound)."""
    if low is None:
        return EVERYTHING
    return sql.SQL("{} > {}::{}").format(sql.Identifier(column), sql.Literal(low), sql.SQL(type_name))


def before(column: str, high: str, type_name: str) -> sql.Composable:
    """`column` lies below the fence: what is still uncommitted cannot."""
    return sql.SQL("{} < {}::{}").format(sql.Identifier(column), sql.Literal(high), sql.SQL(type_name))


def xmin_between(low: int | None, high: int) -> sql.Composable:
    """Rows written by transactions in [low, high), 64-bit horizons, compared modulo the 32-bit wraparound.

    Without `low` every row: frozen rows keep raw ids that say nothing about their age.
    """
    if low is None:
        return EVERYTHING
    return both(written_since(low), written_before(high))


def comparable(horizon: int, later: int) -> bool:
    """Whether rows can be told by age from what was written before `horizon`: half of the 32-bit circle is past it."""
    return 0 <= later - horizon < _XID_HALF_CIRCLE


def written_since(horizon: int) -> sql.Composable:
    """Rows whose last write was not complete when the 64-bit `horizon` was read."""
    return sql.SQL("age(xmin) <= age({}::text::xid8::xid)").format(sql.Literal(str(horizon)))


def written_before(horizon: int) -> sql.Composable:
    """Rows whose last write was complete when the 64-bit `horizon` was read."""
    return sql.SQL("age(xmin) > age({}::text::xid8::xid)").format(sql.Literal(str(horizon)))


def both(*conditions: sql.Composable) -> sql.Composable:
    """All of the conditions."""
    kept = [condition for condition in conditions if condition != EVERYTHING]
    return sql.SQL(" AND ").join(kept) if kept else EVERYTHING

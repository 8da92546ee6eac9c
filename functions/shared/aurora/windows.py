"""The rows between a low and a high bound, as Aurora's SQL. Pure: no connection, no clock."""

from psycopg2 import sql

from functions.shared.contract.bounds import (
    Below,
    Bounds,
    ColumnWindow,
    Everything,
    Quarantined,
    Slice,
    TransactionWindow,
    Window,
)
from functions.shared.contract.names import SourceTable

EVERYTHING, NOTHING = sql.SQL("true"), sql.SQL("false")
_XID_HALF_CIRCLE = 2**31


def full_name(source: SourceTable) -> sql.Composable:
    """The table's quoted full name."""
    return sql.Identifier(source.schema, source.name)


def rows_in(window: Window) -> sql.Composable:
    """The rows of Aurora that a batch with this window exports."""
    match window:
        case ColumnWindow(low=low, below=below):
            return all_of(after(below, low), before(below))
        case TransactionWindow(low=low, high=high):
            return written_between(low, high)
        case Everything():
            return EVERYTHING
        case Quarantined():
            return NOTHING


def rows_of_slice(bounds: Bounds, part: Slice) -> sql.Composable:
    """The rows of the window that one slice exports; the first slice has rows with NULL, too."""
    if bounds.slice_column is None:
        return rows_in(bounds.window)
    column = sql.Identifier(bounds.slice_column)
    low = EVERYTHING if part.low is None else sql.SQL("{} >= {}").format(column, sql.Literal(part.low))
    high = EVERYTHING if part.high is None else sql.SQL("{} < {}").format(column, sql.Literal(part.high))
    if part.low is None and part.high is not None:
        high = sql.SQL("({} OR {} IS NULL)").format(high, column)
    return all_of(rows_in(bounds.window), low, high)


def after(below: Below, low: str | None) -> sql.Composable:
    """The condition that the column of `below` is greater than `low`, as text of its type; true for None."""
    if low is None:
        return EVERYTHING
    return sql.SQL("{} > {}").format(sql.Identifier(below.column), typed(low, below.type_name))


def before(below: Below) -> sql.Composable:
    """The condition that the column lies below the fence, as no value can that is still uncommitted."""
    return sql.SQL("{} < {}").format(sql.Identifier(below.column), typed(below.high, below.type_name))


def typed(value: str, type_name: str) -> sql.Composable:
    """A watermark's text as a value of PostgreSQL's type of that name."""
    return sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(type_name))


def written_between(low: int | None, high: int) -> sql.Composable:
    """Rows written by transactions in [low, high), 64-bit horizons, compared modulo the 32-bit wraparound.

    Without `low` every row, because the ids of frozen rows cannot be compared.
    """
    if low is None:
        return EVERYTHING
    return all_of(written_since(low), written_before(high))


def comparable(horizon: int, later: int) -> bool:
    """Whether 32-bit ids up to `later` can be compared with `horizon`: for less than half of their circle."""
    return 0 <= later - horizon < _XID_HALF_CIRCLE


def written_since(horizon: int) -> sql.Composable:
    """Rows whose last write was not complete when the 64-bit `horizon` was read."""
    return sql.SQL("age(xmin) <= age({}::text::xid8::xid)").format(sql.Literal(str(horizon)))


def written_before(horizon: int) -> sql.Composable:
    """Rows whose last write was complete when the 64-bit `horizon` was read."""
    return sql.SQL("age(xmin) > age({}::text::xid8::xid)").format(sql.Literal(str(horizon)))


def all_of(*conditions: sql.Composable) -> sql.Composable:
    """The conditions joined by AND; true for none."""
    kept = [condition for condition in conditions if condition != EVERYTHING]
    return sql.SQL(" AND ").join(kept) if kept else EVERYTHING

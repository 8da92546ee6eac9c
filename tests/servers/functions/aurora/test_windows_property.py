"""Consecutive windows are disjoint and leave nothing out, whatever commits when: their own SQL, in PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import rows_in, rows_of_slice, written_between
from functions.shared.contract.bounds import Below, ColumnWindow, Slice
from tests.support.bounds import bounds_of

_CIRCLE = 2**32
_FIRST_NORMAL_XID = 3
_EPOCH = datetime(2026, 3, 29, tzinfo=UTC)
_TYPES = {
    "timestamptz": lambda n: (_EPOCH + timedelta(microseconds=n)).isoformat(),
    "timestamp": lambda n: (_EPOCH.replace(tzinfo=None) + timedelta(microseconds=n)).isoformat(),
    "date": lambda n: (date(2026, 1, 1) + timedelta(days=n)).isoformat(),
    "int8": lambda n: str(n - 20),
}
in_postgres = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def selected(
    source: AuroraSession, values: list[Any], column: str, type_name: str, condition: sql.Composable
) -> list[int]:
    """Indexes of the values that lie in the window."""
    rows = sql.SQL("SELECT n FROM (SELECT n::int, v::{} AS {} FROM unnest({}::text[]) WITH ORDINALITY AS r(v, n)) t")
    shown = sql.Literal([str(value) for value in values])
    query = rows.format(sql.SQL(type_name), sql.Identifier(column), shown) + sql.SQL(" WHERE ") + condition
    return [row["n"] - 1 for row in source.rows(query)]


def rows_and_fences(small: int) -> st.SearchStrategy[tuple[list[int], list[tuple[int, int]]]]:
    """Fences in order, and rows as (value, the first run that sees them), none of them below a fence already read."""

    def with_rows(fences: list[int]) -> st.SearchStrategy[tuple[list[int], list[tuple[int, int]]]]:
        def value(run: int) -> st.SearchStrategy[tuple[int, int]]:
            lowest = fences[run - 1] if run else 0
            return st.tuples(st.integers(lowest, max(lowest, small) + 3), st.just(run))

        rows = st.lists(st.integers(0, len(fences) - 1).flatmap(value), max_size=30)
        return st.tuples(st.just(fences), rows)

    return st.lists(st.integers(0, small), min_size=1, max_size=6).map(sorted).flatmap(with_rows)


@pytest.mark.parametrize("type_name", _TYPES)
@in_postgres
@given(history=rows_and_fences(40))
def test_watermark_windows_take_each_row_once_and_all_below_the_last_fence(
    source: AuroraSession, type_name: str, history: tuple[list[int], list[tuple[int, int]]]
) -> None:
    fences, rows = history
    as_text = _TYPES[type_name]
    taken: list[int] = []
    for run, fence in enumerate(fences):
        visible = [index for index, (_, first) in enumerate(rows) if first <= run]
        low = max((rows[index][0] for index in taken), default=None)
        below = Below(column="at", type_name=type_name, high=as_text(fence))
        window = ColumnWindow(below=below, low=None if low is None else as_text(low))
        values = [as_text(rows[index][0]) for index in visible]
        taken += [visible[position] for position in selected(source, values, "at", type_name, rows_in(window))]
    assert sorted(taken) == [index for index, (value, _) in enumerate(rows) if value < fences[-1]]


def xids(distances: list[int], now: int) -> list[int]:
    """64-bit transaction ids so far before the present one; those that PostgreSQL never assigns are left out."""
    return [now - distance for distance in distances if (now - distance) % _CIRCLE >= _FIRST_NORMAL_XID]


distance = st.one_of(st.integers(0, 5000), st.integers(0, 2**31 - 1), st.sampled_from([2**31 - 1, 2**30, 2**16]))


@in_postgres
@given(horizons=st.lists(distance, min_size=2, max_size=6), rows=st.lists(distance, max_size=30))
def test_xmin_windows_take_each_row_once_and_all_below_the_last_horizon_across_the_wraparound(
    source: AuroraSession, horizons: list[int], rows: list[int]
) -> None:
    """The present is this server's next transaction id one epoch later, so most horizons lie before the crossing."""
    now = _CIRCLE + source.row("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next")["next"]
    cuts, written = sorted(xids(horizons, now)), xids(rows, now)
    raw = [xid % _CIRCLE for xid in written]
    taken: list[int] = []
    for low, high in pairwise(cuts):
        found = selected(source, raw, "xmin", "xid", written_between(low, high))
        assert sorted(found) == [index for index, xid in enumerate(written) if low <= xid < high]
        taken += found
    inside = [index for index, xid in enumerate(written) if cuts and cuts[0] <= xid < cuts[-1]]
    assert sorted(taken) == inside


def test_comparing_raw_ids_as_numbers_would_lose_rows_at_the_crossing(source: AuroraSession) -> None:
    """What the modular comparison prevents."""
    now = _CIRCLE + source.row("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next")["next"]
    written = xids([now - _CIRCLE + 10, now - _CIRCLE - 10], now)
    raw, low, high = [xid % _CIRCLE for xid in written], written[0], now
    naive = sql.SQL("xmin::text::bigint >= {} AND xmin::text::bigint < {}").format(
        sql.Literal(low % _CIRCLE), sql.Literal(high % _CIRCLE)
    )
    assert selected(source, raw, "xmin", "xid", written_between(low, high)) == [0, 1]
    assert selected(source, raw, "xmin", "xid", naive) == []


@in_postgres
@given(
    values=st.lists(st.none() | st.integers(-9, 9), max_size=30),
    cuts=st.sets(st.integers(-10, 10)).map(sorted),
    high=st.none() | st.integers(-9, 10),
)
def test_slices_take_each_row_of_the_window_once(
    source: AuroraSession, values: list[int | None], cuts: list[int], high: int | None
) -> None:
    end = None if high is None else str(high)
    bounds = bounds_of("v", high=end, complete=high is None, type_name="int8", slice_column="v")
    edges = [None, *map(str, cuts), None]
    taken = [
        index
        for low, end in pairwise(edges)
        for index in chosen(source, values, rows_of_slice(bounds, Slice(low=low, high=end)))
    ]
    assert sorted(taken) == chosen(source, values, rows_in(bounds.window))


def chosen(source: AuroraSession, values: list[int | None], condition: sql.Composable) -> list[int]:
    rows = sql.SQL("SELECT n FROM unnest({}::int8[]) WITH ORDINALITY AS r(v, n) WHERE ").format(sql.Literal(values))
    return sorted(row["n"] for row in source.rows(rows + condition))

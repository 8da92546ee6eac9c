"""Waves: a window too big for one batch, in portions that each end with a merge."""

from typing import Any

import pytest

from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import rows_in
from functions.shared.contract.bounds import Bounds
from tests.servers.functions.watermark.cuts import ROWS, Cuttable, Table, about_equal

NOON = "'2026-03-29 12:00+00'::timestamptz"
LAST = "2026-03-29T13:00:00+00:00"
TIMES: dict[str, Any] = {"column": "at", "type_name": "timestamptz", "high": LAST}
TIMESTAMP: dict[str, Any] = {"watermark_col": "at"}
COMPOSITE: dict[str, Any] = {"watermark_type": "composite", "watermark_cols": ["at", "id"]}
# Columns, the row's values, specification and bounds: about nine slices each, in waves of two.
WINDOWS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "timestamptz": ("id int, at timestamptz NOT NULL", f"n, {NOON} + n * interval '1 s'", TIMESTAMP, TIMES),
    "timestamp": (
        "id int, at timestamp NOT NULL",
        f"n, ({NOON} AT TIME ZONE 'UTC') + n * interval '1 s'",
        TIMESTAMP,
        {**TIMES, "type_name": "timestamp", "high": "2026-03-29T13:00:00"},
    ),
    "date": (
        "id int, at date NOT NULL",
        "n, '2020-01-01'::date + n / 4",
        TIMESTAMP,
        {**TIMES, "type_name": "date", "high": "2026-01-01"},
    ),
    "integer": (
        "id bigint NOT NULL",
        "n - 1000",
        {"watermark_type": "integer", "watermark_col": "id"},
        {"column": "id", "type_name": "int8", "high": "1001"},
    ),
    "composite": ("id int, at timestamptz NOT NULL", f"n, {NOON} + n * interval '1 s'", COMPOSITE, TIMES),
    "composite of equal times": (
        "id int, at timestamptz NOT NULL",
        f"n, {NOON} + greatest(n - 1500, 0) * interval '1 s'",
        COMPOSITE,
        TIMES,
    ),
}


@pytest.fixture
def table(source: AuroraSession, owner: Any, schema: str) -> Table:
    return Table(source, owner, schema)


def waves(read: Cuttable, wave_slices: int = 2, **bounds: Any) -> list[tuple[Bounds, int]]:
    """Wave by wave with its rows, each from the highest watermark that the ones before brought to FINAL."""
    found: list[tuple[Bounds, int]] = []
    low: str | None = None
    while not found or found[-1][0].more:
        assert len(found) < 50, "endless"
        earlier = found[-1][0] if found else None
        wave = read.cut(wave_slices, earlier=earlier, **{**bounds, "low": low})
        rows = read.rows(rows_in(wave.window), f"{bounds['column']}::text")
        assert rows, "an empty wave"
        found.append((wave, sum(read.sizes(wave))))
        low = read.aurora.row(
            f"SELECT max(v::{bounds['type_name']})::text AS low FROM unnest(%s) AS v", ([row[2] for row in rows],)
        )["low"]
    return found


@pytest.mark.parametrize("kind", WINDOWS)
def test_waves_end_at_rising_highs_and_bring_every_row_once(table: Table, kind: str) -> None:
    columns, values, spec, bounds = WINDOWS[kind]
    table.make(columns, values)
    found = waves(table.spec(**spec), **bounds)
    assert len(found) > 1
    assert sum(rows for _, rows in found) == ROWS
    ordered = table.aurora.row(
        f"SELECT array_agg(v::text ORDER BY v) AS v FROM (SELECT DISTINCT unnest(%s)::{bounds['type_name']} AS v) AS d",
        ([wave.high for wave, _ in found],),
    )["v"]
    assert len(ordered) == len(found)
    assert [wave.more for wave, _ in found] == [True] * (len(found) - 1) + [False]
    assert found[-1][0].high == bounds["high"]


@pytest.mark.parametrize("kind", [kind for kind in WINDOWS if kind != "composite of equal times"])
def test_a_wave_has_about_its_number_of_equal_slices(table: Table, kind: str) -> None:
    """Also where the last watermark column rises with the first: the wave is cut by what is in it."""
    columns, values, spec, bounds = WINDOWS[kind]
    table.make(columns, values)
    read = table.spec(**spec)
    first = read.cut(3, **bounds)
    sizes = read.sizes(first)
    assert first.more
    assert 2 <= len(sizes) <= 4
    assert about_equal(sizes)
    assert sum(sizes) < ROWS / 2


def test_rows_of_one_time_are_one_slice_that_ends_where_the_window_does(table: Table) -> None:
    table.make("id int, at timestamptz NOT NULL", f"n, {NOON}")
    read = table.spec(**TIMESTAMP)
    bounds = read.cut(2, **TIMES)
    assert (bounds.more, bounds.high, read.sizes(bounds)) == (False, LAST, [ROWS])


def test_rows_of_one_time_are_cut_by_the_composites_last_column(table: Table) -> None:
    table.make("id int, at timestamptz NOT NULL", f"n, {NOON}")
    read = table.spec(**COMPOSITE)
    bounds = read.cut(2, **TIMES)
    assert (bounds.more, bounds.high) == (False, LAST)
    assert len(bounds.slices) >= 5
    assert about_equal(read.sizes(bounds))


def test_a_wave_swollen_by_rows_of_one_time_has_more_slices_not_bigger_ones(table: Table) -> None:
    columns, values, spec, bounds = WINDOWS["composite of equal times"]
    table.make(columns, values)
    read = table.spec(**spec)
    first = read.cut(2, **bounds)
    sizes = read.sizes(first)
    assert first.more
    assert sum(sizes) >= 1500
    assert max(sizes) <= ROWS / 5


def test_a_wave_that_brought_nothing_to_final_is_not_repeated(table: Table) -> None:
    """All its rows were quarantined: the rest of the window is then one batch."""
    columns, values, spec, bounds = WINDOWS["timestamptz"]
    table.make(columns, values)
    read = table.spec(**spec)
    first = read.cut(2, **bounds)
    second = read.cut(2, earlier=first, **bounds)
    assert (first.more, second.more, second.high) == (True, False, LAST)
    assert sum(read.sizes(second)) == ROWS
    assert len(second.slices) >= 5


def test_a_window_that_fits_into_one_wave_is_one(table: Table) -> None:
    columns, values, spec, bounds = WINDOWS["timestamptz"]
    table.make(columns, values)
    whole = table.spec(**spec).cut(100, **bounds)
    assert (whole.more, whole.high) == (False, LAST)
    assert len(whole.slices) >= 5

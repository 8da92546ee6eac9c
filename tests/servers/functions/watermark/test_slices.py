"""Slices of real tables: together they hold every row of the window exactly once."""

from typing import Any

import pytest

from functions.shared.aurora.fence import read_fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.bounds import Slice
from functions.shared.contract.traits import TRAITS
from functions.watermark import slices as module
from tests.servers.functions.watermark.cuts import ROWS, Table, about_equal
from tests.support.strategies import SPECS, WITH_WATERMARK

SNAPSHOT = {"watermark_type": "full_snapshot"}
NOON = "'2026-03-29 12:00+00'::timestamptz"
# A type's values by the row's number, in whatever order the type has.
KEYS = {
    "int": "n - 1000",
    "smallint": "(n - 1000)::smallint",
    "text": "chr(65 + n % 57) || 'ß''\" ' || n",
    "char(12)": "n::text",
    "uuid": "md5(n::text)::uuid",
    "timestamptz": f"{NOON} + n * interval '7.000001 s'",
    "timestamp": "'0044-03-15 12:00 BC'::timestamp + n * interval '1 year'",
    "date": "'2026-01-01'::date + n",
    "numeric": "(n - 1000) / 7.0",
    "bytea": "decode(md5(n::text), 'hex')",
    "jsonb": "to_jsonb(n)",
}


@pytest.fixture
def table(source: AuroraSession, owner: Any, schema: str) -> Table:
    return Table(source, owner, schema)


@pytest.mark.parametrize("kind", KEYS)
def test_a_snapshot_is_cut_along_a_key_of_any_type(table: Table, kind: str) -> None:
    table.make(f"id {kind} PRIMARY KEY", KEYS[kind])
    whole = table.spec(**SNAPSHOT)
    bounds = whole.cut()
    assert (bounds.slice_column, bounds.more) == ("id", False)
    assert 5 <= len(bounds.slices) <= 20
    assert about_equal(whole.sizes(bounds))


def test_an_enum_is_cut_in_its_own_order(table: Table) -> None:
    kind = f"{table.schema}.mood"
    table.owner.execute(f"CREATE TYPE {kind} AS ENUM ('zest', 'joy', 'calm', 'alarm')")
    table.make(f"mood {kind}, id int, PRIMARY KEY (mood, id)", f"(enum_range(NULL::{kind}))[1 + n % 4], n")
    whole = table.spec(**SNAPSHOT)
    bounds = whole.cut()
    assert [part.low for part in bounds.slices] == [None, "joy", "calm", "alarm"]
    assert whole.sizes(bounds) == [ROWS / 4] * 4


def test_a_hostile_key_stays_in_its_quotes(table: Table) -> None:
    table.make('"a""b\' %s" text PRIMARY KEY', "n || ''' OR true --%s'")
    whole = table.spec(**SNAPSHOT)
    assert about_equal(whole.sizes(whole.cut()))


def test_rows_without_a_value_in_a_declared_key_are_in_the_first_slice(table: Table) -> None:
    table.make("code int", "nullif(n % 1000, 0)")
    whole = table.spec(primary_keys=["code"], **SNAPSHOT)
    bounds = whole.cut()
    assert len(bounds.slices) >= 5
    assert sum(whole.sizes(bounds)) == ROWS
    assert [codes.count(None) for codes in whole.values(bounds, "code")] == [2] + [0] * (len(bounds.slices) - 1)


def test_a_key_without_any_value_is_one_slice(table: Table) -> None:
    table.make("code int", "NULL::int")
    assert table.spec(primary_keys=["code"], **SNAPSHOT).cut().slices == [Slice()]


def test_a_partitioned_table_is_cut_across_its_partitions(table: Table) -> None:
    table.make("id int PRIMARY KEY", "n", rows=0, options="PARTITION BY RANGE (id)")
    for number in range(4):
        limits = f"FROM ({number * 501}) TO ({number * 501 + 501})"
        table.owner.execute(f"CREATE TABLE {table.schema}.t{number} PARTITION OF {table.name} FOR VALUES {limits}")
    table.insert("n", ROWS)
    whole = table.spec(**SNAPSHOT)
    bounds = whole.cut()
    assert len(bounds.slices) >= 5
    assert about_equal(whole.sizes(bounds))


def test_a_table_that_was_never_analysed_is_cut(table: Table) -> None:
    table.make("id int PRIMARY KEY", "n", options="WITH (autovacuum_enabled = off)")
    assert len(table.spec(**SNAPSHOT).cut().slices) >= 5
    assert table.aurora.row(f"SELECT reltuples FROM pg_class WHERE oid = '{table.name}'::regclass") == {"reltuples": -1}


def test_a_sample_of_a_few_pages_stands_for_all(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table.make("id int PRIMARY KEY", "n", rows=20 * ROWS)
    monkeypatch.setattr(module, "_SAMPLED_PAGES", 100)  # of about 600
    whole = table.spec(**SNAPSHOT)
    bounds = whole.cut(slice_bytes=200_000)
    assert 9 <= len(bounds.slices) <= 36  # 18 on average
    assert max(whole.sizes(bounds)) < 20 * ROWS / 4


def test_an_empty_sample_is_one_slice(table: Table) -> None:
    """Nothing but dead rows: pages without a row to sample."""
    table.make("id int PRIMARY KEY", "n", options="WITH (autovacuum_enabled = off)")
    table.owner.execute(f"DELETE FROM {table.name}")
    assert table.spec(**SNAPSHOT).cut().slices == [Slice()]


def test_a_small_table_is_not_even_sampled(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table.make("id int PRIMARY KEY", "n")
    monkeypatch.setattr(module, "_quantiles", None)
    assert table.spec(**SNAPSHOT).cut(slice_bytes=100_000_000).slices == [Slice()]


def test_wide_values_outside_the_row_count_too(table: Table) -> None:
    table.make("id int PRIMARY KEY, document text", "n, repeat(md5(n::text), 300)", rows=200)
    whole = table.spec(**SNAPSHOT)
    bounds = whole.cut(slice_bytes=200_000)  # 10 kB a row
    assert 8 <= len(bounds.slices) <= 12
    assert about_equal(whole.sizes(bounds))


@pytest.mark.parametrize("status", ["IDLE", "SETTLING"])
def test_what_reads_nothing_now_is_not_cut(table: Table, status: str) -> None:
    table.make("id int PRIMARY KEY", "n")
    assert table.spec(**SNAPSHOT).cut(status=status).slices == [Slice()]


def test_a_snapshot_without_a_key_is_one_slice(table: Table) -> None:
    table.make("id int", "n")
    assert table.spec(**SNAPSHOT).cut().slices == [Slice()]


def test_an_xmin_window_is_cut_along_the_key(table: Table) -> None:
    table.make("id int PRIMARY KEY", "n")
    low = read_fence(table.aurora, "t", 0, watermark=False).horizon
    table.owner.execute(f"UPDATE {table.name} SET pad = repeat('y', 80) WHERE id > 1000")
    high = read_fence(table.aurora, "t", 0, watermark=False).horizon
    changed = table.spec(watermark_type="xmin")
    bounds = changed.cut(low_horizon=low, horizon=high, wave_slices=2)
    assert (bounds.slice_column, bounds.more) == ("id", False)
    sizes = changed.sizes(bounds)
    assert (sum(sizes), about_equal(sizes)) == (1000, True)
    assert 3 <= len(sizes) <= 10


@pytest.mark.parametrize("strategy", WITH_WATERMARK)
def test_a_window_is_cut_along_its_last_watermark_column(table: Table, strategy: str) -> None:
    table.make("id int, at timestamptz NOT NULL", f"n, {NOON} + n * interval '1 s'")
    limits: dict[str, Any] = {"column": "id", "type_name": "int8", "low": "500", "high": "1501"}
    if TRAITS[strategy].leads == "moment":
        limits = {"column": "at", "type_name": "timestamptz", "low": "2026-03-29T12:08:20+00:00"}
        limits["high"] = "2026-03-29T12:25:01+00:00"
    spec = SPECS[strategy]
    window = table.spec(**spec)
    bounds = window.cut(**limits)
    assert bounds.slice_column == spec.get("watermark_cols", [spec.get("watermark_col")])[-1]
    sizes = window.sizes(bounds)
    assert (sum(sizes), about_equal(sizes)) == (1000, True)
    assert 3 <= len(sizes) <= 10


def test_a_full_refresh_is_cut_along_the_key_and_has_no_waves(table: Table) -> None:
    table.make("id int PRIMARY KEY, at timestamptz NOT NULL", f"n, {NOON}")
    refresh = table.spec(watermark_col="at", full_refresh=True)
    bounds = refresh.cut(
        wave_slices=2, column="at", type_name="timestamptz", high="2026-03-29T11:00:00+00:00", complete=True
    )
    assert (bounds.slice_column, bounds.more, bounds.high) == ("id", False, "2026-03-29T11:00:00+00:00")
    assert sum(refresh.sizes(bounds)) == ROWS

"""The dollars that follow from counted usage and assumed figures."""

from dataclasses import replace

import pytest

from bench.cost import assumed, prices
from bench.cost.estimate import Estimate, Measured, Side
from bench.cost.page import page
from bench.cost.usage import Counts

NOTHING = Counts(0, 0, 0, 0, 0, 0, 0, {}, {}, {}, 0, 0)
BUSY = replace(
    NOTHING,
    transitions=20,
    files=1,
    load_looks=1,
    merge_looks=1,
    milliseconds={"await_load": 100, "merge": 1000},
    statements={"INSERT": 2, "EXECUTE": 1},
    on_warehouse={"INSERT": 2, "EXECUTE": 1},
)
MEASURED = Measured(
    own=NOTHING,
    idle=NOTHING,
    busy=BUSY,
    children=28,
    idle_statements=2,
    memory={"await_load": 1024, "merge": 1024},
    stack={"AWS::KMS::Key": 2},
)
SIDES = pytest.mark.parametrize("side", ["low", "high"])


def estimate(side: Side, busy: int, measured: Measured = MEASURED) -> Estimate:
    return Estimate(measured, side, 0, busy)


def test_looks_beyond_those_of_the_laptop_are_transitions() -> None:
    low, high = estimate("low", 1).transitions(), estimate("high", 1).transitions()
    further = assumed.LOAD_LOOKS.high - 1 + assumed.MERGE_LOOKS.high - 1
    assert low == pytest.approx(20 * prices.TRANSITION * prices.HOURS)
    assert high == pytest.approx((20 + 3 * further) * prices.TRANSITION * prices.HOURS)


def test_looks_that_the_laptop_made_and_an_account_would_not_are_taken_off() -> None:
    many = replace(MEASURED, busy=replace(BUSY, load_looks=5))
    assert estimate("low", 1, many).transitions() < estimate("low", 1).transitions()


@SIDES
def test_without_a_busy_table_the_warehouse_sleeps(side: Side) -> None:
    assert estimate(side, 0).warehouse_seconds() == 0
    assert estimate(side, 0).snowflake() == 0


def test_the_least_is_a_merge_and_the_wait_to_suspend() -> None:
    work = (28 + 2) * assumed.STATEMENT.low
    assert estimate("low", 10).warehouse_seconds() == pytest.approx(work + assumed.SUSPENDS_AFTER)
    assert estimate("low", 10).warehouse_seconds() == estimate("low", 1).warehouse_seconds()


@SIDES
def test_more_tables_than_run_at_once_are_rounds(side: Side) -> None:
    one, two = estimate(side, 10).run_seconds(), estimate(side, 11).run_seconds()
    assert two == 2 * one
    assert estimate(side, 11).warehouse_seconds() > estimate(side, 10).warehouse_seconds() + assumed.SNOWPIPE.low


@SIDES
def test_a_run_longer_than_its_hour_is_counted_as_often_as_it_has_the_time(side: Side) -> None:
    late = estimate(side, 10_000)
    assert late.run_seconds() > 3_600
    assert late.warehouse_seconds() <= late.run_seconds()
    runs = prices.HOURS * 3_600 / late.run_seconds()
    assert late.requests() == pytest.approx(10_000 * BUSY.files * prices.PUT * runs)


def test_cloud_services_are_billed_beyond_a_tenth_of_the_warehouse() -> None:
    chatty = replace(MEASURED, idle=replace(NOTHING, statements={"SHOW": 2}))
    assert Estimate(chatty, "high", 100, 0).snowflake() > 0
    assert Estimate(chatty, "high", 100, 100).snowflake() >= estimate("high", 100).snowflake()


@pytest.mark.parametrize("busy", [0, 1, 10, 100])
def test_no_cost_is_lower_at_the_high_end(busy: int) -> None:
    pairs = zip(estimate("low", busy).costs(), estimate("high", busy).costs(), strict=True)
    assert all(0 <= low <= high for low, high in pairs)


def test_the_page_names_every_assumption_and_marks_what_does_not_end_in_time() -> None:
    text = page(MEASURED, few=2, many=6, fifty=50, rows=1_000, changed=100)
    for one in assumed.ALL:
        assert f"| {one.what} | {one.low:g} | {one.high:g} | {one.source} |" in text
    assert "| 1,000 | 1,000 * |" in text
    assert "| 100 | 10 |" in text
    assert "An idle execution of 50 tables sends Snowflake **2** statements" in text
    assert "**2** that need a warehouse, besides its merge, which is one block of up to **28** statements" in text


def test_what_is_kept_and_read_is_told_by_size() -> None:
    text = page(MEASURED, few=2, many=6, fifty=50, rows=1_000, changed=100)
    assert "| 1 GB | 4.42 | 0.55 | 0.00 |" in text, "24 runs, 8 days, 23 dollars a TB"
    assert "| 10 GB | 0.262 | 191 | 383 |" in text, "131,072 pages a GB"

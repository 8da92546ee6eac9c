"""What Snowflake knows of a table, read back through the code that stored it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.shared.contract.watermark import Progress, as_text
from functions.shared.snowflake import session
from functions.shared.snowflake.progress import Readings, read_progress
from tests.support.batches import AT, KEYED, Target, at


@pytest.fixture
def readings(target: Target, monkeypatch: pytest.MonkeyPatch) -> Readings:
    monkeypatch.setattr(session, "_connect", lambda _table: target.warehouse)
    return Readings(target.objects)


def test_a_table_that_does_not_exist_yet_has_no_state(target: Target) -> None:
    assert read_progress(target.warehouse, target.objects, AT) == Progress(exists=False)


def test_an_empty_final_has_no_low_and_no_version(target: Target) -> None:
    target.make(KEYED)
    assert read_progress(target.warehouse, target.objects, AT) == Progress()


def test_low_and_version_are_finals_maxima(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "1", at(7)), ("2", "1", at(5))], version=10))
    state = read_progress(target.warehouse, target.objects, AT)
    assert (state.low, state.version, state.last.reads) == (at(7), 10, "column at")


def test_the_last_watermark_is_that_of_the_batch_merged_last(target: Target) -> None:
    """After a restore its version is lower than that of the batches before."""
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "1", at(1))], version=1000, horizon=999))
    reset: dict[str, Any] = {"complete": True, "reset": True, "high": at(9), "horizon": 499}
    target.merge(KEYED, target.load([("1", "2", at(1))], version=500, **reset))
    state = read_progress(target.warehouse, target.objects, None)
    assert (state.version, state.last.horizon) == (500, 499)


def test_a_ceiling_is_used_only_when_it_was_read_before_the_fence(readings: Readings) -> None:
    fence = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert readings.before(fence) is None
    for minutes, ceiling in ((-10, 50), (-5, 70), (0, 80), (5, 90)):
        readings.store(ceiling, as_text(fence + timedelta(minutes=minutes)))
    assert readings.before(fence) == 70


def test_after_a_restore_the_newest_reading_counts_not_the_highest(readings: Readings) -> None:
    fence = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for minutes, ceiling in ((-10, 1000), (-5, 300)):
        readings.store(ceiling, as_text(fence + timedelta(minutes=minutes)))
    assert readings.before(fence) == 300


def test_a_table_named_with_a_percent_sign_has_its_own_ceiling(target: Target, readings: Readings) -> None:
    odd = Readings(Target(target.warehouse, f"{target.name} 100%s").objects)
    odd.store(5, "2026-01-01T00:00:00.000000+00:00")
    assert odd.before(datetime(2026, 1, 2, tzinfo=UTC)) == 5
    assert readings.before(datetime(2026, 1, 2, tzinfo=UTC)) is None

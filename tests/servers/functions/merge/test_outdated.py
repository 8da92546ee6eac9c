"""An older batch that is merged after a newer complete one: what it may still bring, and what is gone for good."""

from typing import Any

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import HARD, KEYED, KEYLESS, SNAPSHOT, Target, assert_adds_up, at
from tests.support.guards import rendered_without

REFRESH: dict[str, Any] = {"complete": True, "high": at(9)}
BOTH = pytest.mark.parametrize("rules", [KEYED, KEYLESS], ids=["keyed", "keyless"])


@BOTH
def test_a_row_that_a_refresh_lacked_stays_away(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    older = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    refresh = target.load([("1", "10", at(1))], version=20, **REFRESH)
    for batch in (refresh, older):
        assert target.merge(rules, batch) == "MERGED"
    assert target.final() == [(1, 10)]
    assert (target.ledger(older)["merged"], target.ledger(older)["duplicates"]) == (0, 2)
    assert_adds_up(target.ledger(older))


@BOTH
def test_without_the_condition_it_would_come_back(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    older = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    target.merge(rules, target.load([("1", "10", at(1))], version=20, **REFRESH))
    with rendered_without("deleted-row-comes-back", instead="FALSE"):
        unguarded = merge_statement(target.objects, rules, older)
    target.merge(rules, older, unguarded)
    assert target.final() == [(1, 10), (2, 20)]


@BOTH
def test_rows_past_the_fence_of_a_newer_refresh_are_new(target: Target, rules: MergeRules) -> None:
    """The refresh read its fence before the older window did, and its rows after: it held these rows back."""
    target.make(rules)
    target.merge(rules, target.load([("1", "10", at(1))], version=5))
    older = target.load([("2", "20", at(9)), ("3", "30", at(10))], version=10)
    refresh = target.load([("1", "10", at(1)), ("2", "20", at(9)), ("3", "30", at(10))], version=20, **REFRESH)
    for batch in (refresh, older):
        assert target.merge(rules, batch) == "MERGED"
    assert target.final() == [(1, 10), (2, 20), (3, 30)]
    assert_adds_up(target.ledger(older))


def test_left_out_they_would_be_lost_behind_a_higher_one(target: Target) -> None:
    """The damage: FINAL's maximum, from which the next run reads, passes a row that was not applied."""
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "10", at(1)), ("3", "3", at(2))], version=5))
    older = target.load([("2", "20", at(9)), ("3", "30", at(10))], version=10)
    held = [("1", "10", at(1)), ("2", "20", at(9)), ("3", "30", at(10))]
    target.merge(KEYED, target.load(held, version=20, **REFRESH))
    with rendered_without("new-row-taken-for-deleted"):
        blunt = merge_statement(target.objects, KEYED, older)
    target.merge(KEYED, older, blunt)
    assert target.final(columns='"ID", "AT" >= \'2026-01-01 00:00:10+00\'::TIMESTAMP_TZ') == [(1, False), (3, True)]


@BOTH
def test_after_a_reset_versions_start_again(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    target.merge(rules, target.load([("1", "10", at(1))], version=1000, **REFRESH))
    target.merge(rules, target.load([("1", "5", at(1))], version=500, reset=True, **REFRESH))
    older = target.load([("9", "9", at(3))], version=490)
    target.merge(rules, target.load([("2", "20", at(10))], version=510))
    assert target.final() == [(1, 5), (2, 20)]
    assert target.merge(rules, older) == "MERGED"
    assert target.final() == [(1, 5), (2, 20)]


def test_a_refresh_that_is_older_than_a_window_without_a_key_takes_nothing_away(target: Target) -> None:
    target.make(KEYLESS)
    target.merge(KEYLESS, target.load([("1", "10", at(1)), ("2", "20", at(2))], version=5))
    refresh = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10, **REFRESH)
    target.merge(KEYLESS, target.load([("3", "30", at(3))], version=20))
    assert target.merge(KEYLESS, refresh) == "MERGED"
    assert target.final() == [(1, 10), (2, 20), (3, 30)]
    assert_adds_up(target.ledger(refresh))


def test_without_the_count_of_newer_rows_it_would_take_them_and_bring_none(target: Target) -> None:
    target.make(KEYLESS)
    target.merge(KEYLESS, target.load([("1", "10", at(1))], version=5))
    refresh = target.load([("1", "10", at(1))], version=10, **REFRESH)
    target.merge(KEYLESS, target.load([("3", "30", at(3))], version=20))
    with rendered_without("newer-rows-replaced"):
        unguarded = merge_statement(target.objects, KEYLESS, refresh)
    target.merge(KEYLESS, refresh, unguarded)
    assert target.final() == [(3, 30)]


class TestSlices:
    """Each slice of a batch is a snapshot of its own."""

    def test_a_row_deleted_between_two_slices_goes_with_the_next_snapshot(self, target: Target) -> None:
        target.make(HARD)
        target.merge(HARD, target.load([("1", "10"), ("2", "20")], version=15, columns=HARD.columns, **SNAPSHOT))
        slices = target.load_slices([([("1", "11")], 10), ([], 20)], columns=HARD.columns, **SNAPSHOT)
        target.merge(HARD, slices)
        assert target.final() == [(1, 10), (2, 20)]  # row 2 is newer than the oldest slice: not yet known to be gone
        target.merge(HARD, target.load([("1", "11")], version=30, columns=HARD.columns, **SNAPSHOT))
        assert target.final() == [(1, 11)]

    def test_a_row_in_two_slices_has_its_newer_version(self, target: Target) -> None:
        target.make(KEYED)
        moved = target.load_slices([([("1", "11", at(2))], 20), ([("1", "10", at(1))], 10)])
        assert target.merge(KEYED, moved) == "MERGED"
        assert target.final() == [(1, 11)]
        assert (target.ledger(moved)["merged"], target.ledger(moved)["duplicates"]) == (1, 1)

    def test_a_batch_is_as_old_as_its_oldest_slice_and_its_rows_as_new_as_their_own(self, target: Target) -> None:
        target.make(HARD)
        batch = target.load_slices([([("1", "1")], 30), ([("2", "2")], 10)], columns=HARD.columns, **SNAPSHOT)
        target.merge(HARD, batch)
        assert target.final(columns='"ID", "_VERSION"') == [(1, 30), (2, 10)]
        stored = 'SELECT "VERSION" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s'
        assert target.warehouse.rows(stored, [batch])[0]["VERSION"] == 10

"""Rows that a snapshot finds as FINAL has them are not written again, and nothing older gets past them."""

from collections.abc import Sequence
from typing import Any

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import HARD, ID, KEYED, SNAPSHOT, SOFT, Refused, Row, Target, assert_adds_up, at, column
from tests.support.guards import rendered_without

ONE, TWO, THREE = ("1", "10"), ("2", "20"), ("3", "30")
VERSIONS = '"ID", "VALUE", "_VERSION"'


def snapshot(target: Target, rows: Sequence[Row], version: int, rules: MergeRules = HARD) -> str:
    return target.load(rows, version, columns=rules.columns, **SNAPSHOT)


def changes(target: Target, rows: list[Row], version: int) -> str:
    """A window of transactions, as xmin reads it."""
    return target.load(rows, version, columns=HARD.columns, column=None)


def merged(target: Target, *batches: str, rules: MergeRules = HARD) -> None:
    for batch in batches:
        assert target.merge(rules, batch) == "MERGED"
        assert_adds_up(target.ledger(batch))


@pytest.mark.parametrize("rules", [HARD, SOFT], ids=["hard", "soft"])
def test_they_count_as_merged_and_keep_their_version(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    merged(target, snapshot(target, [ONE, TWO, THREE], 10, rules), rules=rules)
    second = snapshot(target, [ONE, TWO, ("3", None)], 20, rules)
    merged(target, second, rules=rules)
    # The first is written for FINAL's lock.
    assert target.final(columns=VERSIONS) == [(1, 10, 20), (2, 20, 10), (3, None, 20)]
    assert (target.ledger(second)["merged"], target.ledger(second)["deleted"]) == (3, 0)


def test_each_way_to_differ_is_a_change(target: Target) -> None:
    columns = [ID, *(column(name, kind) for name, kind in (
        ("doc", "jsonb"), ("note", "text"), ("day", "date"), ("ratio", "float8"), ("raw", "bytea")
    ))]  # fmt: skip
    rules = MergeRules(columns, [ID], None, soft_deletes=False)
    target.make(rules)
    usual = ('{"a": [1, null]}', "x", "2026-01-01", "0.1", "00ff")
    others = ('{"a": [1]}', "X", "2026-01-02", "0.2", "00fe")
    rows: list[Row] = [(str(number), *usual) for number in range(12)]
    merged(target, target.load(rows, 10, columns=columns, **SNAPSHOT), rules=rules)
    changed: list[Row] = []
    for number, (place, other) in enumerate((index, one) for index in range(5) for one in (others[index], None)):
        texts: list[str | None] = list(usual)
        texts[place] = other
        changed.append((str(number + 2), *texts))
    merged(target, target.load([*rows[:2], *changed], 20, columns=columns, **SNAPSHOT), rules=rules)
    assert [row for (row,) in target.final(columns='"_VERSION"')] == [20, 10, *[20] * 10]


def test_a_marked_row_that_is_back_as_it_was_is_unmarked(target: Target) -> None:
    target.make(SOFT)
    merged(target, *(snapshot(target, rows, version, SOFT) for rows, version in (
        ([ONE, TWO], 10), ([ONE], 20), ([ONE, TWO], 30)
    )), rules=SOFT)  # fmt: skip
    assert target.final(columns='"ID", "VALUE", "IS_DELETED"') == [(1, 10, False), (2, 20, False)]


def test_a_row_with_a_value_that_final_cannot_hold_stays_listed(target: Target) -> None:
    target.make(HARD)
    marred = Refused(("2", "many"), 2)
    for version in (10, 20):
        merged(target, snapshot(target, [ONE, marred], version))
    assert [reason for reason, _ in target.quarantined()] == ['cannot be held: "VALUE"']


def test_an_older_batch_does_not_overwrite_one(target: Target) -> None:
    """It was 10, then 99, then 10 again: FINAL's row is as old as the first, and the newest truth."""
    target.make(HARD)
    merged(target, snapshot(target, [ONE, TWO], 10))
    older = changes(target, [("2", "99")], 15)
    merged(target, snapshot(target, [ONE, TWO], 20), older)
    assert target.final() == [(1, 10), (2, 20)]
    assert target.ledger(older)["duplicates"] == 1


def test_without_the_condition_an_older_batch_would(target: Target) -> None:
    target.make(HARD)
    merged(target, snapshot(target, [ONE, TWO], 10))
    older = changes(target, [("2", "99")], 15)
    merged(target, snapshot(target, [ONE, TWO], 20))
    with rendered_without("unchanged-row-overwritten"):
        unguarded = merge_statement(target.objects, HARD, older)
    target.merge(HARD, older, unguarded)
    assert target.final() == [(1, 10), (2, 99)]


def test_an_older_snapshot_does_not_delete_one(target: Target) -> None:
    """It was there, was gone, and is there again."""
    target.make(HARD)
    merged(target, snapshot(target, [ONE, TWO], 10))
    older = snapshot(target, [ONE], 15)
    merged(target, snapshot(target, [ONE, TWO], 20), older)
    assert target.final() == [(1, 10), (2, 20)]


def test_without_the_condition_an_older_snapshot_would(target: Target) -> None:
    target.make(HARD)
    merged(target, snapshot(target, [ONE, TWO], 10))
    older = snapshot(target, [ONE], 15)
    merged(target, snapshot(target, [ONE, TWO], 20))
    with rendered_without("unchanged-row-deleted"):
        unguarded = merge_statement(target.objects, HARD, older)
    target.merge(HARD, older, unguarded)
    assert target.final() == [(1, 10)]


def test_a_marked_row_stays_marked_whatever_an_older_batch_holds(target: Target) -> None:
    target.make(SOFT)
    merged(target, snapshot(target, [ONE, TWO], 10, SOFT), snapshot(target, [ONE], 20, SOFT), rules=SOFT)
    older = target.load([("2", "99")], 25, columns=SOFT.columns, column=None)
    merged(target, snapshot(target, [ONE], 30, SOFT), older, rules=SOFT)
    assert target.final(columns='"ID", "VALUE", "IS_DELETED"') == [(1, 10, False), (2, 20, True)]


def test_a_newer_change_and_a_newer_snapshot_arrive(target: Target) -> None:
    target.make(HARD)
    merged(target, snapshot(target, [ONE, TWO, THREE], 10), snapshot(target, [ONE, TWO, THREE], 20))
    merged(target, changes(target, [("2", "21")], 25), snapshot(target, [ONE, ("2", "21")], 30))
    assert target.final() == [(1, 10), (2, 21)]


class TestSlices:
    """A snapshot in slices is of several moments; what another batch read between them is newer for some rows only."""

    def sliced(self, target: Target) -> None:
        target.make(HARD)
        merged(target, snapshot(target, [ONE, TWO, THREE], 10))
        slices = target.load_slices([([ONE], 20), ([THREE, TWO], 30)], columns=HARD.columns, **SNAPSHOT)
        merged(target, slices)

    def between(self, target: Target, rows: list[Row], **kind: Any) -> str:
        return target.load(rows, 25, columns=HARD.columns, **{"column": None, **kind})

    def test_a_change_between_them_is_refused(self, target: Target) -> None:
        self.sliced(target)
        assert target.merge(HARD, self.between(target, [("2", "99")])) == "OVERLAPPING"
        assert target.final() == [(1, 10), (2, 20), (3, 30)]

    def test_applied_it_would_overwrite_what_a_later_slice_read(self, target: Target) -> None:
        self.sliced(target)
        between = self.between(target, [("2", "99")])
        with rendered_without("slice-of-another-time-overwritten"):
            unguarded = merge_statement(target.objects, HARD, between)
        target.merge(HARD, between, unguarded)
        assert target.final() == [(1, 10), (2, 99), (3, 30)]

    def test_a_snapshot_between_them_that_lacks_a_row_is_refused(self, target: Target) -> None:
        self.sliced(target)
        assert target.merge(HARD, self.between(target, [ONE, THREE], **SNAPSHOT)) == "OVERLAPPING"
        assert target.final() == [(1, 10), (2, 20), (3, 30)]

    def test_a_snapshot_between_them_that_finds_the_same_is_merged(self, target: Target) -> None:
        self.sliced(target)
        merged(target, self.between(target, [ONE, TWO, THREE], **SNAPSHOT))
        assert target.final() == [(1, 10), (2, 20), (3, 30)]

    def test_later_batches_are_merged(self, target: Target) -> None:
        self.sliced(target)
        merged(target, changes(target, [("2", "99")], 35), snapshot(target, [("2", "99")], 40))
        assert target.final() == [(2, 99)]


def test_with_a_watermark_every_row_is_written(target: Target) -> None:
    """A row past a reload's fence is not outdated, so there only versions tell what is newer."""
    target.make(KEYED)
    for version in (10, 20):
        merged(target, target.load([("1", "10", at(1)), ("2", "20", at(1))], version, complete=True), rules=KEYED)
    assert target.final(columns=VERSIONS) == [(1, 10, 20), (2, 20, 20)]


def test_a_row_that_a_newer_slice_lacked_does_not_come_back_between_the_slices(target: Target) -> None:
    target.make(HARD)
    assert target.merge(HARD, target.load([("1", "1"), ("7", "7")], 5, columns=HARD.columns, column=None)) == "MERGED"
    # Row 7 was deleted at 13: the second slice lacks it, a window that was read at 12 has it.
    full = target.load_slices([([("1", "1")], 10), ([], 14)], columns=HARD.columns, **SNAPSHOT)
    late = target.load([("7", "8")], 12, columns=HARD.columns, column=None)
    assert target.merge(HARD, full) == "MERGED"
    assert target.merge(HARD, late) == "OVERLAPPING"
    assert target.final() == [(1, 1)]


def test_slices_of_before_a_reset_are_another_clusters(target: Target) -> None:
    target.make(HARD)
    sliced = target.load_slices([([("1", "1")], 10), ([("2", "2")], 400)], columns=HARD.columns, **SNAPSHOT)
    assert target.merge(HARD, sliced) == "MERGED"
    for version, rows, reset in ((30, [("1", "1"), ("2", "2")], True), (40, [("1", "5"), ("2", "2")], False)):
        batch = target.load(rows, version, columns=HARD.columns, reset=reset, **SNAPSHOT)
        assert target.merge(HARD, batch) == "MERGED"
    assert target.final() == [(1, 5), (2, 2)]

"""The merge of a complete snapshot: what it lacks goes, and nothing older brings it back."""

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import HARD, SNAPSHOT, SOFT, WHOLE, Target, assert_adds_up
from tests.support.guards import rendered_without


def test_without_the_count_a_partial_snapshot_would_delete_the_rest(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT))
    partial = target.load([("1", "10")], version=20, exported=2, columns=HARD.columns, **SNAPSHOT)
    with rendered_without("partial-load"):
        unguarded = merge_statement(target.objects, HARD, partial)
    assert target.merge(HARD, partial, unguarded) == "MERGED"
    assert target.final() == [(1, 10)]


def test_rows_that_a_snapshot_lacks_are_marked_and_come_back_unmarked(target: Target) -> None:
    target.make(SOFT)
    marks = '"ID", "VALUE", "IS_DELETED", "_DELETED_AT" IS NOT NULL'
    target.merge(SOFT, target.load([("1", "10"), ("2", "20")], version=10, columns=SOFT.columns, **SNAPSHOT))
    lacking = target.load([("1", "11")], version=20, columns=SOFT.columns, **SNAPSHOT)
    target.merge(SOFT, lacking)
    assert target.final(columns=marks) == [(1, 11, False, False), (2, 20, True, True)]
    assert target.ledger(lacking)["deleted"] == 1
    again = target.load([("1", "11")], version=25, columns=SOFT.columns, **SNAPSHOT)
    target.merge(SOFT, again)
    assert target.ledger(again)["deleted"] == 0
    target.merge(SOFT, target.load([("1", "11"), ("2", "22")], version=30, columns=SOFT.columns, **SNAPSHOT))
    assert target.final(columns=marks) == [(1, 11, False, False), (2, 22, False, False)]


def test_an_older_snapshot_does_not_bring_back_a_marked_row(target: Target) -> None:
    target.make(SOFT)
    older = target.load([("1", "10"), ("2", "20")], version=10, columns=SOFT.columns, **SNAPSHOT)
    first = target.load([("1", "9"), ("2", "19")], version=5, columns=SOFT.columns, **SNAPSHOT)
    newer = target.load([("1", "11")], version=20, columns=SOFT.columns, **SNAPSHOT)
    for batch in (first, newer, older):
        target.merge(SOFT, batch)
    assert target.final(columns='"ID", "VALUE", "IS_DELETED"') == [(1, 11, False), (2, 19, True)]


def test_rows_that_a_snapshot_lacks_are_deleted(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT))
    batch = target.load([], version=20, columns=HARD.columns, **SNAPSHOT)
    assert target.merge(HARD, batch) == "MERGED"
    assert target.final() == []
    assert target.ledger(batch)["deleted"] == 2


def test_an_older_snapshot_deletes_nothing_newer(target: Target) -> None:
    target.make(HARD)
    older = target.load([("1", "10")], version=10, columns=HARD.columns, **SNAPSHOT)
    newer = target.load([("1", "11"), ("2", "21")], version=20, columns=HARD.columns, **SNAPSHOT)
    for batch in (newer, older):
        target.merge(HARD, batch)
    assert target.final() == [(1, 11), (2, 21)]
    assert target.ledger(older)["deleted"] == 0


def test_a_snapshot_without_a_key_replaces_the_table_rows_and_all(target: Target) -> None:
    target.make(WHOLE)
    first = target.load([("1", "10"), ("1", "10"), ("2", "20")], version=10, columns=WHOLE.columns, **SNAPSHOT)
    second = target.load([("1", "10"), ("3", "30")], version=20, columns=WHOLE.columns, **SNAPSHOT)
    target.merge(WHOLE, first)
    assert target.final() == [(1, 10), (1, 10), (2, 20)]
    target.merge(WHOLE, second)
    assert target.final() == [(1, 10), (3, 30)]


def test_an_older_snapshot_without_a_key_does_not_replace_a_newer_one(target: Target) -> None:
    target.make(WHOLE)
    older = target.load([("1", "10")], version=10, columns=WHOLE.columns, **SNAPSHOT)
    newer = target.load([("2", "20")], version=20, columns=WHOLE.columns, **SNAPSHOT)
    for batch in (newer, older):
        assert target.merge(WHOLE, batch) == "MERGED"
    assert target.final() == [(2, 20)]
    assert target.ledger(older)["duplicates"] == 1
    assert_adds_up(target.ledger(older))


@pytest.mark.parametrize("rules", [HARD, WHOLE], ids=["hard", "keyless"])
def test_an_older_batch_does_not_bring_back_what_a_newer_snapshot_lacked(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    older = target.load([("1", "10"), ("2", "20")], version=10, columns=rules.columns, **SNAPSHOT)
    newer = target.load([], version=20, columns=rules.columns, **SNAPSHOT)
    for batch in (newer, older):
        assert target.merge(rules, batch) == "MERGED"
    assert target.final() == []
    assert target.ledger(older)["duplicates"] == 2
    assert_adds_up(target.ledger(older))


def test_without_the_guard_a_deleted_row_would_come_back(target: Target) -> None:
    target.make(HARD)
    older = target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT)
    target.merge(HARD, target.load([("1", "11")], version=20, columns=HARD.columns, **SNAPSHOT))
    # A table without a watermark has a second guard: a batch of before a snapshot's last slice is refused.
    with (
        rendered_without("deleted-row-comes-back", instead="FALSE"),
        rendered_without("slice-of-another-time-overwritten"),
    ):
        unguarded = merge_statement(target.objects, HARD, older)
    target.merge(HARD, older, unguarded)
    assert target.final() == [(1, 11), (2, 20)]


def test_after_a_restore_new_rows_of_lower_versions_arrive(target: Target) -> None:
    target.make(HARD)
    for version, rows, reset in ((1000, [("1", "10")], False), (500, [("1", "5")], True), (510, [("2", "6")], False)):
        target.merge(HARD, target.load(rows, version=version, columns=HARD.columns, reset=reset, **SNAPSHOT))
    assert target.final() == [(2, 6)]


@pytest.mark.parametrize("rules", [HARD, WHOLE, SOFT], ids=["hard", "keyless", "soft"])
def test_after_a_restore_lower_versions_win_once_and_what_is_gone_goes(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    target.merge(rules, target.load([("1", "10"), ("2", "20")], version=1000, columns=rules.columns, **SNAPSHOT))
    reset = target.load([("1", "5")], version=500, columns=rules.columns, reset=True, **SNAPSHOT)
    assert target.merge(rules, reset) == "MERGED"
    assert target.final(columns='"ID", "VALUE"')[:1] == [(1, 5)]
    alive = 'COUNT_IF(NOT "IS_DELETED")' if rules.soft_deletes else "COUNT(*)"
    assert target.final("1", alive) == [(1,)]
    assert_adds_up(target.ledger(reset))
    target.merge(rules, target.load([("1", "6")], version=510, columns=rules.columns, **SNAPSHOT))
    assert target.final()[0] == (1, 6)


def test_without_the_reset_a_restored_row_would_stay_as_it_was(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10")], version=1000, columns=HARD.columns, **SNAPSHOT))
    target.merge(HARD, target.load([("1", "5")], version=500, columns=HARD.columns, **SNAPSHOT))
    assert target.final() == [(1, 10)]

"""The merge of a table without a key: each row of a window is appended exactly once."""

from functions.shared.snowflake.statements import compare_statement, merge_statement
from tests.support.batches import KEYLESS, Target, assert_adds_up, at
from tests.support.guards import rendered_without


def test_rows_without_a_key_are_appended_exactly_once_under_replays_and_overlaps(target: Target) -> None:
    target.make(KEYLESS)
    rows = [("1", "10", at(1)), ("1", "10", at(1)), ("2", "20", at(2))]
    first = target.load(rows, version=10)
    retried = target.load(rows, version=11)
    wider = target.load([*rows, ("3", "30", at(3)), ("3", "30", at(3))], version=20)
    assert [target.merge(KEYLESS, batch) for batch in (first, first, retried, wider, retried)] == [
        "MERGED", "ALREADY_MERGED", "MERGED", "MERGED", "ALREADY_MERGED"
    ]  # fmt: skip
    assert target.final() == [(1, 10), (1, 10), (2, 20), (3, 30), (3, 30)]
    assert [target.ledger(batch)["duplicates"] for batch in (first, retried, wider)] == [0, 3, 3]
    for batch in (first, retried, wider):
        assert_adds_up(target.ledger(batch))


def test_a_wider_window_that_was_merged_first_leaves_nothing_to_append(target: Target) -> None:
    target.make(KEYLESS)
    narrow = target.load([("1", "10", at(1))], version=10)
    wide = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=20)
    for batch in (wide, narrow):
        target.merge(KEYLESS, batch)
    assert target.final() == [(1, 10), (2, 20)]


def test_without_the_watermark_condition_an_overlap_would_double_rows(target: Target) -> None:
    target.make(KEYLESS)
    rows = [("1", "10", at(1))]
    target.merge(KEYLESS, target.load(rows, version=10))
    again = target.load(rows, version=11)
    with rendered_without("row-added-twice"):
        unguarded = merge_statement(target.objects, KEYLESS, again)
    target.merge(KEYLESS, again, unguarded)
    assert target.final() == [(1, 10), (1, 10)]


def test_rows_that_an_overlapping_run_had_added_are_found_by_the_sample(target: Target) -> None:
    target.make(KEYLESS)
    rows = [("1", "10", at(1)), ("2", "20", at(2)), ("3", "30", at(4))]
    earlier = target.load(rows[:2], version=10, high=at(3))
    later = target.load(rows, version=12, high=at(5))
    for batch in (earlier, later):
        assert target.merge(KEYLESS, batch) == "MERGED"
    [found] = target.warehouse.rows(compare_statement(target.objects, KEYLESS, (12, 12), rows))
    assert (found["SAMPLED"], found["MISSING"]) == (3, 0)

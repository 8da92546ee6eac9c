"""Rows with a value that FINAL cannot hold: merged without it and listed, or only listed where it is in the key."""

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import AT, ID, KEYED, KEYLESS, SNAPSHOT, Refused, Target, assert_adds_up, at, column
from tests.support.guards import rendered_without

DAY, NOTE = column("day", "date"), column("note")
COLUMNS = [ID, DAY, NOTE, AT]
WIDE = MergeRules(COLUMNS, [ID], AT, soft_deletes=False)
DAILY = MergeRules(COLUMNS, [ID, DAY], AT, soft_deletes=False)
APPENDED = MergeRules(COLUMNS, [], AT, soft_deletes=False)
BOTH = pytest.mark.parametrize("rules", [KEYED, KEYLESS], ids=["keyed", "keyless"])
SHOWN = '"ID", "DAY"::VARCHAR, "NOTE"'


def counts(target: Target, batch: str) -> tuple[int, int, int, int]:
    ledger = target.ledger(batch)
    assert_adds_up(ledger)
    return ledger["merged"], ledger["quarantined"], ledger["duplicates"], ledger["held"]


@BOTH
def test_a_row_is_merged_without_the_value_that_does_not_cast_and_listed(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    batch = target.load([("1", "many", at(1)), ("2", "20", at(2))], version=10)
    assert target.merge(rules, batch) == "MERGED"
    assert target.final() == [(1, None), (2, 20)]
    raw = {"_REFUSED": None, "ID": "1", "VALUE": "many", "AT": at(1)}
    assert target.quarantined() == [('cannot be held: "VALUE"', raw)]
    assert counts(target, batch) == (1, 1, 0, 0)


@pytest.mark.parametrize("rules", [WIDE, APPENDED], ids=["keyed", "keyless"])
def test_a_value_that_aurora_refused_is_not_taken_even_if_it_would_cast(target: Target, rules: MergeRules) -> None:
    """A text that was cut to its first characters casts like any other."""
    target.make(rules)
    rows = [
        Refused(("1", "infinity", "cut", at(1)), 2, 3),
        Refused(("2", "2026-01-01", "cut", at(2)), 3),
        ("3", "2026-01-01", "whole", at(3)),
    ]
    batch = target.load(rows, version=10, columns=COLUMNS)
    assert target.merge(rules, batch) == "MERGED"
    assert target.final(columns=SHOWN) == [(1, None, None), (2, "2026-01-01", None), (3, "2026-01-01", "whole")]
    assert [(reason, raw["_REFUSED"], raw["NOTE"]) for reason, raw in target.quarantined()] == [
        ('cannot be held: "DAY" "NOTE"', " 2  3 ", "cut"),
        ('cannot be held: "NOTE"', " 3 ", "cut"),
    ]
    assert counts(target, batch) == (1, 2, 0, 0)


def test_a_null_is_held(target: Target) -> None:
    target.make(WIDE)
    batch = target.load([("1", None, None, at(1))], version=10, columns=COLUMNS)
    target.merge(WIDE, batch)
    assert (target.final(columns=SHOWN), target.quarantined()) == ([(1, None, None)], [])


def test_places_of_two_digits_are_not_those_of_one(target: Target) -> None:
    columns = [ID, *(column(f"c{place}", "date") for place in range(2, 13))]
    rules = MergeRules(columns, [ID], None, soft_deletes=False)
    target.make(rules)
    days: list[str | None] = ["2026-01-01"] * 11
    target.merge(rules, target.load([Refused(("1", *days), 12)], version=10, columns=columns))
    nulls = ", ".join(f'"C{place}" IS NULL' for place in (2, 11, 12))
    assert target.final(columns=nulls) == [(False, False, True)]
    assert [reason for reason, _ in target.quarantined()] == ['cannot be held: "C12"']


def test_what_final_held_gives_way_to_null(target: Target) -> None:
    """The old value would pass for the present one."""
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "10", at(1))], version=10))
    target.merge(KEYED, target.load([("1", "many", at(2))], version=20))
    assert target.final() == [(1, None)]


@pytest.mark.parametrize("rules", [WIDE, DAILY], ids=["plain key", "key that may be null"])
def test_a_row_whose_key_cannot_be_held_is_listed_and_not_merged(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    key = ("x", "2026-01-01") if rules is WIDE else ("1", "infinity")
    rows = [(*key, "a", at(1)), ("2", "2026-01-02", "b", at(2))]
    batch = target.load(rows, version=10, columns=COLUMNS)
    assert target.merge(rules, batch) == "MERGED"
    assert target.final(columns=SHOWN) == [(2, "2026-01-02", "b")]
    assert len(target.quarantined()) == 1
    assert counts(target, batch) == (1, 1, 0, 0)


def test_with_a_null_for_its_key_it_would_be_another_row(target: Target) -> None:
    """The damage: the row without a day is overwritten by the one whose day has no place."""
    target.make(DAILY)
    target.merge(DAILY, target.load([("1", None, "its own", at(1))], version=10, columns=COLUMNS))
    batch = target.load([Refused(("1", "infinity", "another", at(2)), 2)], version=20, columns=COLUMNS)
    with rendered_without("row-with-an-unrepresentable-key"):
        unguarded = merge_statement(target.objects, DAILY, batch)
    target.merge(DAILY, batch, unguarded)
    assert target.final(columns=SHOWN) == [(1, None, "another")]


def test_two_rows_whose_keys_cannot_be_held_are_no_clash(target: Target) -> None:
    target.make(DAILY)
    rows = [Refused(("1", "infinity", "a", at(1)), 2), Refused(("1", "-infinity", "b", at(1)), 2)]
    batch = target.load(rows, version=10, columns=COLUMNS)
    assert target.merge(DAILY, batch) == "MERGED"
    assert (target.final(columns=SHOWN), counts(target, batch)) == ([], (0, 2, 0, 0))


def test_a_row_that_a_newer_batch_replaced_is_not_listed(target: Target) -> None:
    target.make(KEYED)
    older = target.load([("1", "many", at(1)), ("2", "more", at(1))], version=10)
    newer = target.load([("1", "11", at(3))], version=20)
    for batch in (newer, older):
        assert target.merge(KEYED, batch) == "MERGED"
    assert target.final() == [(1, 11), (2, None)]
    assert [raw["ID"] for _, raw in target.quarantined()] == ["2"]
    assert counts(target, older) == (0, 1, 1, 0)


def test_a_row_that_another_slice_of_its_batch_replaced_is_not_listed(target: Target) -> None:
    target.make(KEYED)
    moved = target.load_slices([([("1", "11", at(2))], 20), ([("1", "many", at(1))], 10)])
    assert target.merge(KEYED, moved) == "MERGED"
    assert (target.final(), target.quarantined()) == ([(1, 11)], [])
    assert counts(target, moved) == (1, 0, 1, 0)


def test_a_row_past_the_fence_is_not_listed(target: Target) -> None:
    target.make(KEYED)
    batch = target.load([("1", "many", at(9)), ("2", "20", at(2))], version=10, complete=True, high=at(9))
    target.merge(KEYED, batch)
    assert (target.final(), target.quarantined()) == ([(2, 20)], [])
    assert counts(target, batch) == (1, 0, 0, 1)


def test_listed_all_the_same_fewer_than_none_would_be_merged(target: Target) -> None:
    target.make(KEYED)
    older = target.load([("1", "many", at(1))], version=10)
    target.merge(KEYED, target.load([("1", "11", at(3))], version=20))
    with rendered_without("row-listed-though-not-applied"):
        loose = merge_statement(target.objects, KEYED, older)
    target.merge(KEYED, older, loose)
    assert (len(target.quarantined()), target.ledger(older)["merged"]) == (1, -1)


def test_a_watermark_that_cannot_be_held_is_null_and_lifts_no_low(target: Target) -> None:
    target.make(KEYED)
    batch = target.load([Refused(("1", "10", "infinity"), 3), ("2", "20", at(2))], version=10)
    target.merge(KEYED, batch)
    assert target.final() == [(1, 10), (2, 20)]
    assert target.final("1", f"MAX(\"AT\") = '{at(2)}'::TIMESTAMP_TZ") == [(True,)]
    assert counts(target, batch) == (1, 1, 0, 0)


def test_a_row_of_which_nothing_can_be_held_is_listed_with_all_its_columns(target: Target) -> None:
    target.make(WIDE)
    row = Refused(("x", "infinity", "cut", "-infinity"), 2, 3, 4)
    batch = target.load([row], version=10, columns=COLUMNS)
    target.merge(WIDE, batch)
    assert [reason for reason, _ in target.quarantined()] == ['cannot be held: "ID" "DAY" "NOTE" "AT"']
    assert counts(target, batch) == (0, 1, 0, 0)


def test_a_row_without_a_key_and_a_watermark_is_appended_once(target: Target) -> None:
    """The same rows exported twice: by the watermark the second export's are known, without one they are not."""
    target.make(KEYLESS)
    rows = [Refused(("1", "10", "0044-03-15 12:00:00+00 BC"), 3), ("2", "20", at(2))]
    first, again = (target.load(rows, version=version) for version in (10, 11))
    for batch in (first, again):
        assert target.merge(KEYLESS, batch) == "MERGED"
        counts(target, batch)
    assert target.final().count((1, 10)) <= 1


def test_a_row_that_is_withheld_says_nothing_of_the_row_without_a_key(target: Target) -> None:
    """A snapshot lacks the row with NULL for its day: one whose day has no place is not it."""
    rules = MergeRules([ID, DAY], [ID, DAY], None, soft_deletes=False)
    target.make(rules)
    target.merge(rules, target.load([("1", None)], version=10, columns=rules.columns, **SNAPSHOT))
    batch = target.load([Refused(("1", "infinity"), 2)], version=20, columns=rules.columns, **SNAPSHOT)
    target.merge(rules, batch)
    assert (target.final(columns='"ID"'), target.ledger(batch)["deleted"]) == ([], 1)

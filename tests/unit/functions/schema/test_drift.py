"""Every change of a table, and what becomes of it. Pure: two lists of columns and FINAL's."""

from dataclasses import replace
from typing import Any

from functions.schema.drift import Drift
from functions.shared.contract.columns import Column
from tests.support.batches import column
from tests.unit.functions.schema.sides import AMOUNT, COLUMNS, ID, NOTE, WHOLE, drift_of

NEW = column("total", "int8", number=4, label="bigint")
UNTIL = ", until full_refresh is set to true for one run"


def names(columns: list[Column]) -> list[str]:
    return [one.name for one in columns]


def nothing_but(drift: Drift, **changes: Any) -> None:
    """What is not named is as for a table that did not change."""
    expected: dict[str, Any] = {
        "notes": [],
        "refusals": [],
        "added": [],
        "widened": [],
        "left_out": [],
        "layout_changed": False,
    }
    assert {field: getattr(drift, field) for field in expected} == {**expected, **changes}


def test_the_same_columns_are_no_drift() -> None:
    drift = drift_of(COLUMNS)
    nothing_but(drift)
    assert drift.columns == COLUMNS


def test_nor_are_they_in_another_order_and_the_files_order_stays() -> None:
    drift = drift_of([NOTE, ID, AMOUNT])
    nothing_but(drift)
    assert names(drift.columns) == ["id", "amount", "note"]


def test_a_new_column_is_appended_and_older_rows_lack_it() -> None:
    drift = drift_of([NEW, *COLUMNS])
    nothing_but(drift, added=[NEW], notes=[f"column 'total' is new; rows merged before hold NULL in it{UNTIL}"])
    assert names(drift.columns) == ["id", "amount", "note", "total"]


def test_a_run_that_reads_every_row_has_no_older_rows() -> None:
    assert drift_of([*COLUMNS, NEW], reread=True).notes == ["column 'total' is new"]


def test_under_ignore_a_new_column_is_left_out_and_said_to_be() -> None:
    drift = drift_of([*COLUMNS, NEW], ignore_new=True)
    nothing_but(drift, left_out=["total"])
    assert drift.columns == COLUMNS


def test_a_column_that_is_gone_keeps_its_place_and_is_exported_empty() -> None:
    drift = drift_of([ID, NOTE])
    nothing_but(drift, notes=["column 'amount' is gone; FINAL keeps it, and rows merged from now on hold NULL in it"])
    assert drift.columns == [ID, replace(AMOUNT, dropped=True), NOTE]


def test_a_column_that_has_been_gone_is_said_once() -> None:
    known = [ID, replace(AMOUNT, dropped=True), NOTE]
    drift = drift_of([ID, NOTE], known=known)
    nothing_but(drift)
    assert drift.columns == known


def test_a_column_gone_from_both_sides_leaves_the_file() -> None:
    final = {name: kind for name, kind in WHOLE.items() if name != "AMOUNT"}
    drift = drift_of([ID, NOTE], final=final)
    nothing_but(drift, layout_changed=True, notes=["column 'amount' is gone from Aurora and from FINAL"])
    assert drift.columns == [ID, NOTE]


def test_a_renamed_column_is_known_by_its_number() -> None:
    renamed = replace(AMOUNT, name="total")
    drift = drift_of([ID, renamed, NOTE])
    assert drift.notes[0].startswith("column 'amount' is now called 'total'; FINAL keeps it")
    assert drift.notes[1].startswith("column 'total' is new")
    assert (names(drift.columns), drift.added) == (["id", "amount", "note", "total"], [renamed])
    assert [one.dropped for one in drift.columns] == [False, True, False, False]


def test_numbers_of_another_table_say_nothing_of_names() -> None:
    drift = drift_of([ID, replace(AMOUNT, name="total"), replace(NOTE, number=9)], recreated=True, reread=True)
    assert drift.notes == [
        "column 'amount' is gone; FINAL keeps it, and rows merged from now on hold NULL in it",
        "column 'total' is new",
    ]


def test_two_columns_that_swapped_names_are_told() -> None:
    """Both names are there with types that fit: only the numbers show that the values are others."""
    swapped = [ID, replace(AMOUNT, number=5), replace(column("price", "int4", label="integer"), number=2)]
    known = [ID, AMOUNT, replace(column("price", "int4", label="integer"), number=5)]
    drift = drift_of(swapped, known=known, final={**WHOLE, "PRICE": "NUMBER(10,0)"})
    assert [note.split(";")[0] for note in drift.notes] == [
        "column 'amount' was dropped and added again",
        "column 'price' was dropped and added again",
    ]


def test_a_column_dropped_and_added_anew_holds_older_values_in_older_rows() -> None:
    anew = replace(AMOUNT, number=7)
    expected = [f"column 'amount' was dropped and added again; rows merged before hold what it held before{UNTIL}"]
    nothing_but(drift_of([ID, anew, NOTE]), notes=expected)
    nothing_but(drift_of([ID, anew, NOTE], recreated=True, reread=True))


def test_a_column_that_comes_back_is_filled_again() -> None:
    known = [ID, replace(AMOUNT, dropped=True), NOTE]
    drift = drift_of([ID, replace(AMOUNT, number=7), NOTE], known=known)
    assert drift.notes[0].startswith("column 'amount' was dropped and added again")
    assert [one.dropped for one in drift.columns] == [False, False, False]


def test_a_number_with_more_digits_is_widened_in_place() -> None:
    wide = column("amount", "int8", number=2, label="bigint")
    nothing_but(drift_of([ID, wide, NOTE]), widened=[wide], notes=["column 'amount' was integer and is now bigint"])


def test_a_widened_column_that_was_dropped_and_added_is_both() -> None:
    wide = column("amount", "int8", number=8, label="bigint")
    drift = drift_of([ID, wide, NOTE])
    assert (drift.widened, "dropped and added again" in drift.notes[0]) == ([wide], True)


def test_another_type_that_final_holds_alike_is_only_told() -> None:
    uuid = column("note", "uuid", number=3)
    expected = f"column 'note' was text and is now uuid; rows merged before keep the values that it had{UNTIL}"
    nothing_but(drift_of([ID, AMOUNT, uuid]), notes=[expected])


def test_once_a_person_has_renamed_finals_column_it_is_made_anew_and_older_files_are_void() -> None:
    text = column("amount", "text", number=2)
    final = {**{name: kind for name, kind in WHOLE.items() if name != "AMOUNT"}, "AMOUNT__V4": "NUMBER(10,0)"}
    nothing_but(
        drift_of([ID, text, NOTE], final=final),
        added=[text],
        layout_changed=True,
        notes=[f"column 'amount' is made again in FINAL; rows merged before hold NULL in it{UNTIL}"],
    )


def test_a_new_column_that_final_has_already_is_adopted_only_if_it_holds_the_same() -> None:
    drift = drift_of([*COLUMNS, NEW], final={**WHOLE, "TOTAL": "NUMBER(19,0)"})
    assert (drift.added, drift.refusals, len(drift.notes)) == ([], [], 1)
    refused = drift_of([*COLUMNS, NEW], final={**WHOLE, "TOTAL": "VARCHAR"})
    assert refused.refusals[0].startswith("column 'total' is VARCHAR in FINAL, and as bigint it must be NUMBER(19,0)")


def test_a_column_that_only_became_nullable_is_no_news_but_another_schema() -> None:
    drift = drift_of([replace(ID, not_null=False), AMOUNT, NOTE])
    nothing_but(drift)
    assert not drift.columns[0].not_null

"""Files of an older version of the schema: merged by the columns that they have, or not at all."""

from dataclasses import replace

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import evolve_statements, table_statements
from tests.support.batches import AT, ID, KEYED, VALUE, Refused, Target, assert_adds_up, at, column

GONE, NOTE = column("gone", "date"), column("note")
FIRST = MergeRules([ID, GONE, NOTE, AT], [ID], AT, soft_deletes=False)
RELAID = MergeRules([ID, NOTE, AT], [ID], AT, soft_deletes=False, schema_version=2, since=2)
WIDER = MergeRules([ID, VALUE, AT, NOTE], [ID], AT, soft_deletes=False, schema_version=2, since=1)


def evolve(target: Target, rules: MergeRules, added: list, **made: bool) -> None:
    for statement in [
        *evolve_statements(target.objects, added, added, []),
        *table_statements(target.objects, rules, **made),
    ]:
        target.warehouse.execute(statement)


@pytest.mark.parametrize("rules", [FIRST, RELAID], ids=["its own rules", "the present ones"])
def test_a_file_of_a_former_layout_is_not_merged(target: Target, rules: MergeRules) -> None:
    target.make(FIRST)
    batch = target.load([("1", "2026-01-01", "whole", at(1))], version=10, columns=FIRST.columns)
    evolve(target, RELAID, [], replace_pipe=True)
    assert target.merge(rules, batch) == "PARTIAL_LOAD"
    assert target.final(columns='"ID"') == []


def test_a_file_of_the_present_layout_is(target: Target) -> None:
    target.make(FIRST)
    evolve(target, RELAID, [], replace_pipe=True)
    batch = target.load([("1", "whole", at(1))], version=10, columns=RELAID.columns, schema_version=2)
    assert target.merge(RELAID, batch) == "MERGED"
    assert target.final(columns='"ID", "NOTE"') == [(1, "whole")]


def test_without_the_condition_its_refused_values_would_pass_for_others(target: Target) -> None:
    """Place 3 was the note, which Aurora had to cut; now it is the watermark."""
    target.make(FIRST)
    row = Refused(("1", "2026-01-01", "cut", at(1)), 3)
    batch = target.load([row], version=10, columns=FIRST.columns)
    evolve(target, replace(RELAID, since=1), [], replace_pipe=True)
    assert target.merge(RELAID, batch) == "MERGED"
    assert target.final(columns='"ID", "NOTE", "AT" IS NULL') == [(1, "cut", True)]


def test_a_file_of_before_a_column_was_added_is_merged_by_its_own_columns(target: Target) -> None:
    """It was exported and loaded before the change, and is merged after it: it knows nothing of the new column."""
    target.make(KEYED)
    evolve(target, WIDER, [NOTE], replace_pipe=True)
    newer = target.load([("1", "10", at(1), "kept")], version=10, columns=WIDER.columns, schema_version=2)
    target.merge(WIDER, newer)
    older = target.load([("1", "11", at(2)), ("2", "many", at(2))], version=20)
    assert target.merge(KEYED, older) == "MERGED"
    assert target.final(columns='"ID", "VALUE", "NOTE"') == [(1, 11, "kept"), (2, None, None)]
    assert [reason for reason, _ in target.quarantined()] == ['cannot be held: "VALUE"']
    assert_adds_up(target.ledger(older))


def test_merged_by_the_new_columns_it_would_wipe_out_what_they_hold(target: Target) -> None:
    target.make(KEYED)
    evolve(target, WIDER, [NOTE], replace_pipe=True)
    newer = target.load([("1", "10", at(1), "kept")], version=10, columns=WIDER.columns, schema_version=2)
    target.merge(WIDER, newer)
    target.merge(WIDER, target.load([("1", "11", at(2))], version=20))
    assert target.final(columns='"ID", "VALUE", "NOTE"') == [(1, 11, None)]


def test_a_dropped_column_keeps_its_place_and_gets_null(target: Target) -> None:
    target.make(FIRST)
    target.merge(FIRST, target.load([("1", "2026-01-01", "a", at(1))], version=10, columns=FIRST.columns))
    dropped = [ID, replace(GONE, dropped=True), NOTE, AT]
    rules = MergeRules(dropped, [ID], AT, soft_deletes=False, schema_version=2)
    evolve(target, rules, [])
    batch = target.load(
        [("2", None, "b", at(2)), Refused(("3", None, "cut", at(2)), 3)], version=20, columns=dropped, schema_version=2
    )
    assert target.merge(rules, batch) == "MERGED"
    shown = '"ID", "GONE"::VARCHAR, "NOTE"'
    assert target.final(columns=shown) == [(1, "2026-01-01", "a"), (2, None, "b"), (3, None, None)]


def test_evolving_a_second_time_changes_nothing(target: Target) -> None:
    target.make(KEYED)
    for _ in range(2):
        evolve(target, WIDER, [NOTE])
    described = target.warehouse.rows(f"DESCRIBE TABLE {target.objects.final}")
    assert [row["name"] for row in described] == ["ID", "VALUE", "AT", "_VERSION", "_SYNCED_AT", "NOTE"]


def test_a_widened_column_keeps_its_values_and_takes_longer_ones(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "10", at(1))], version=10))
    wide = column("value", "int8")
    rules = MergeRules([ID, wide, AT], [ID], AT, soft_deletes=False, schema_version=2)
    for _ in range(2):
        for statement in evolve_statements(target.objects, [], [], [wide]):
            target.warehouse.execute(statement)
    evolve(target, rules, [])
    target.merge(rules, target.load([("2", "9000000000000000000", at(2))], version=20, schema_version=2))
    assert target.final() == [(1, 10), (2, 9000000000000000000)]
    assert target.quarantined() == []

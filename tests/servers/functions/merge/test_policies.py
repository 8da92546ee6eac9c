"""The policy `fail`: nothing of a batch is applied while FINAL cannot hold a value of such a column."""

from dataclasses import replace

import pytest

from functions.merge.batches import quarantined_columns, refused_columns
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import AT, ID, Refused, Target, assert_adds_up, at, column
from tests.support.guards import rendered_without

DAY, AMOUNT = column("day", "date", unrepresentable="fail"), column("amount", "int4")
COLUMNS = [ID, DAY, AMOUNT, AT]
STRICT = MergeRules(COLUMNS, [ID], AT, soft_deletes=False)
LENIENT = MergeRules([ID, replace(DAY, unrepresentable="quarantine"), AMOUNT, AT], [ID], AT, soft_deletes=False)
ROWS = [
    Refused(("1", "infinity", "1", at(1)), 2),
    Refused(("2", "infinity", "many", at(2)), 2),
    ("3", "2026-01-01", "many", at(3)),
    ("4", "2026-01-01", "4", at(4)),
]


def test_a_value_that_cannot_be_held_stops_the_whole_batch(target: Target) -> None:
    target.make(STRICT)
    target.merge(STRICT, target.load([("4", "2025-01-01", "0", at(0))], version=5, columns=COLUMNS))
    batch = target.load(ROWS, version=10, columns=COLUMNS)
    assert target.merge(STRICT, batch) == "UNREPRESENTABLE 2"
    assert (target.final(columns='"ID", "AMOUNT"'), target.quarantined(), target.staged()) == ([(4, 0)], [], 4)
    ledger = 'SELECT 1 AS "X" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s'
    assert not target.warehouse.rows(ledger, [batch])


def test_the_columns_are_counted_for_the_error(target: Target) -> None:
    target.make(STRICT)
    batch = target.load(ROWS, version=10, columns=COLUMNS)
    target.merge(STRICT, batch)
    assert refused_columns(target.warehouse, target.objects, batch)["DAY"] == 2


def test_they_are_counted_in_a_table_with_a_percent_sign_in_its_name(target: Target) -> None:
    odd = Target(target.warehouse, f"{target.name} 100%s")
    odd.make(STRICT)
    batch = odd.load(ROWS, version=10, columns=COLUMNS)
    assert odd.merge(STRICT, batch) == "UNREPRESENTABLE 2"
    assert refused_columns(odd.warehouse, odd.objects, batch)["DAY"] == 2


def test_without_the_condition_it_would_be_merged_without_the_value(target: Target) -> None:
    target.make(STRICT)
    batch = target.load(ROWS, version=10, columns=COLUMNS)
    with rendered_without("unrepresentable-value"):
        unguarded = merge_statement(target.objects, STRICT, batch)
    assert target.merge(STRICT, batch, unguarded) == "MERGED"
    assert target.final(columns='"ID", "DAY" IS NULL')[:2] == [(1, True), (2, True)]


def test_a_column_of_another_policy_stops_nothing(target: Target) -> None:
    target.make(STRICT)
    batch = target.load(ROWS[2:], version=10, columns=COLUMNS)
    assert target.merge(STRICT, batch) == "MERGED"
    assert target.final(columns='"ID", "AMOUNT"') == [(3, None), (4, 4)]
    assert quarantined_columns(target.warehouse, target.objects, batch) == {"AMOUNT": 1}
    assert_adds_up(target.ledger(batch))


def test_once_the_policy_is_quarantine_the_same_batch_is_merged(target: Target) -> None:
    target.make(STRICT)
    batch = target.load(ROWS, version=10, columns=COLUMNS)
    assert target.merge(STRICT, batch) == "UNREPRESENTABLE 2"
    target.make(LENIENT)
    assert target.merge(LENIENT, batch) == "MERGED"
    assert target.final(columns='"ID", "AMOUNT"') == [(1, 1), (2, None), (3, None), (4, 4)]
    assert quarantined_columns(target.warehouse, target.objects, batch) == {"DAY": 2, "AMOUNT": 2}
    assert target.ledger(batch)["quarantined"] == 3
    assert_adds_up(target.ledger(batch))


@pytest.mark.parametrize("policy", ["quarantine", "fail"])
def test_a_key_of_either_policy_is_never_merged_as_null(target: Target, policy: str) -> None:
    key = column("day", "date", unrepresentable=policy)
    rules = MergeRules([key, AMOUNT], [key], None, soft_deletes=False)
    target.make(rules)
    batch = target.load([Refused(("infinity", "1"), 1)], version=10, columns=rules.columns)
    assert target.merge(rules, batch) == ("MERGED" if policy == "quarantine" else "UNREPRESENTABLE 1")
    assert target.final(columns='"AMOUNT"', order="1") == []


def test_the_policy_text_holds_what_the_type_would_not(target: Target) -> None:
    day = column("day", "date", unrepresentable="text")
    rules = MergeRules([ID, day], [ID], None, soft_deletes=False)
    target.make(rules)
    batch = target.load([("1", "infinity"), ("2", "0044-03-15 BC")], version=10, columns=rules.columns)
    assert target.merge(rules, batch) == "MERGED"
    assert target.final(columns='"ID", "DAY"') == [(1, "infinity"), (2, "0044-03-15 BC")]
    assert target.quarantined() == []

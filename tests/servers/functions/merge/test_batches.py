"""The control rows of a batch."""

import json

import pytest

from functions.merge.batches import read_ledger
from functions.shared.contract.rules import MergeRules
from tests.support.batches import KEYED, KEYLESS, SNAPSHOT, SOFT, WHOLE, Target, assert_adds_up, at


def recorded(target: Target, batch: str) -> dict[str, object]:
    rows = target.warehouse.rows('SELECT * FROM "AURORA"."CONTROL"."BATCHES" WHERE "BATCH_ID" = %s', [batch])
    assert len(rows) == 1
    return rows[0]


def test_a_batch_is_recorded_once_however_often_it_is_asked_for(target: Target) -> None:
    for _ in range(2):
        target.record(f"b-{target.name}", ["f1", "f2"], 10, 5, schema_version=3, high=at(2), horizon=7)
    row = recorded(target, f"b-{target.name}")
    assert (row["VERSION"], row["EXPORTED"], row["COMPLETE"], row["RESET"], row["REPLAY"]) == (
        10,
        5,
        False,
        False,
        False,
    )
    files = target.warehouse.rows(
        'SELECT "FILE_NAME", "SCHEMA_VERSION" FROM "AURORA"."CONTROL"."BATCH_FILES" WHERE "BATCH_ID" = %s ORDER BY 1',
        [f"b-{target.name}"],
    )
    assert [(file["FILE_NAME"], file["SCHEMA_VERSION"]) for file in files] == [("f1", 3), ("f2", 3)]


def test_the_stored_watermark_says_what_it_measures(target: Target) -> None:
    source = {"oid": 16400, "shape": "f00d", "contents": {"storage": {"16400": 1}, "labels": {"16409": "bad"}}}
    target.record(f"b-{target.name}", ["f"], 10, 5, low=at(1), high=at(2), horizon=7, **source)
    stored = json.loads(str(recorded(target, f"b-{target.name}")["WATERMARK"]))
    assert stored == {"reads": "column at", "low": at(1), "high": at(2), "horizon": 7, "rows": 5, **source}


def test_only_a_complete_batch_holds_rows_back(target: Target) -> None:
    """A window has no rows past its high; a reload has."""
    target.record(f"w-{target.name}", ["f"], 10, 5, high=at(2))
    target.record(f"c-{target.name}", ["f"], 10, 5, high=at(2), complete=True)
    assert recorded(target, f"w-{target.name}")["HIGH"] is None
    assert recorded(target, f"c-{target.name}")["HIGH"] == at(2)


def test_a_batch_that_is_not_merged_has_no_ledger(target: Target) -> None:
    target.record(f"b-{target.name}", ["f"], 10, 5)
    assert read_ledger(target.warehouse, target.objects, f"b-{target.name}") is None


@pytest.mark.parametrize("rules", [KEYED, KEYLESS, SOFT, WHOLE], ids=["keyed", "keyless", "soft", "whole"])
def test_a_batch_that_two_invocations_recorded_at_once_is_merged_once(target: Target, rules: MergeRules) -> None:
    """Snowflake enforces no key, and neither of the two sees the other's rows."""
    target.make(rules)
    kind = {"complete": True, "high": at(9)} if rules.watermark else SNAPSHOT
    rows = [("1", "10", at(1)), ("2", "many", at(2))]
    batch = target.load([row[: len(rules.columns)] for row in rows], 10, columns=rules.columns, **kind)
    for table in ("BATCHES", "BATCH_FILES"):
        name = f'"AURORA"."CONTROL"."{table}"'
        target.warehouse.execute(f'INSERT INTO {name} SELECT * FROM {name} WHERE "BATCH_ID" = %s', [batch])
    assert target.merge(rules, batch) == "MERGED"
    assert target.final() == [(1, 10), (2, None)]
    assert_adds_up(target.ledger(batch))
    lines = target.warehouse.rows('SELECT 1 AS "X" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s', [batch])
    assert (len(lines), len(target.quarantined()), target.staged()) == (1, 1, 0)
    assert target.merge(rules, batch) == "ALREADY_MERGED"

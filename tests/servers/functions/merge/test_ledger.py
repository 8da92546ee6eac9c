"""What a merged batch's line of the ledger says of the rows that it applied and of FINAL."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.contract.watermark import as_text
from tests.support.batches import AT, ID, KEYED, KEYLESS, SNAPSHOT, SOFT, Target, at, column


def line(target: Target, batch: str) -> tuple[Any, Any]:
    found = target.warehouse.rows(
        'SELECT "HIGHEST", "FINAL_ROWS" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s', [batch]
    )
    return found[0]["HIGHEST"], found[0]["FINAL_ROWS"]


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("int8", "-9223372036854775808", Decimal(-(2**63))),
        ("int2", "7", Decimal(7)),
        ("date", "0001-02-03", date(1, 2, 3)),
        ("timestamp", "2026-01-02T03:04:05.000006", datetime(2026, 1, 2, 3, 4, 5, 6)),
        ("timestamptz", "2026-01-02T03:04:05.120000+00:00", datetime(2026, 1, 2, 3, 4, 5, 120000, UTC)),
    ],
)
def test_the_highest_watermark_is_written_as_the_steps_write_watermarks(
    target: Target, type_name: str, text: str, value: Any
) -> None:
    lead = column("seen", type_name)
    rules = MergeRules([ID, lead], [ID], lead, soft_deletes=False)
    target.make(rules)
    batch = target.load([("1", text), ("2", None)], version=1, columns=[ID, lead])
    assert target.merge(rules, batch) == "MERGED"
    assert line(target, batch) == (text, 2)
    assert as_text(value) == text


@pytest.mark.parametrize("rules", [KEYED, KEYLESS])
def test_held_and_withheld_rows_are_not_in_the_highest_watermark(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    batch = target.load([("1", "1", at(1)), ("2", "x", at(2)), ("3", "1", at(9))], version=1, high=at(5), complete=True)
    assert target.merge(rules, batch) == "MERGED"
    assert line(target, batch) == (at(2), 2)


def test_without_a_watermark_or_rows_there_is_no_highest(target: Target) -> None:
    target.make(SOFT)
    batch = target.load([("1", "1")], version=1, columns=SOFT.columns, **SNAPSHOT)
    assert target.merge(SOFT, batch) == "MERGED"
    assert line(target, batch) == (None, 1)


def test_an_empty_batch_has_no_highest(target: Target) -> None:
    target.make(KEYED)
    for rows, version, expected in (([("1", "1", at(1))], 1, (at(1), 1)), ([], 2, (None, 1))):
        batch = target.load(rows, version)
        assert target.merge(KEYED, batch) == "MERGED"
        assert line(target, batch) == expected
    assert AT in KEYED.columns

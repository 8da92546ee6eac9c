"""A complete batch that would empty most of FINAL is more often an accident in Aurora than somebody's wish."""

from typing import Any
from unittest.mock import Mock

import pytest

from functions.merge.handler import handler
from functions.shared.contract.rules import MergeRules
from functions.shared.ground.errors import MergeFailed
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import HARD, KEYED, SNAPSHOT, SOFT, WHOLE, Row, Target, assert_adds_up, at
from tests.support.bounds import bounds_event
from tests.support.guards import rendered_without

EACH = pytest.mark.parametrize("rules", [HARD, SOFT, WHOLE], ids=["hard", "soft", "keyless"])


def numbered(first: int, last: int) -> list[Row]:
    return [(str(number), "1") for number in range(first, last + 1)]


def snapshot(target: Target, rules: MergeRules, rows: list[Row], version: int, **kind: Any) -> str:
    return target.load(rows, version, columns=rules.columns, **SNAPSHOT, **kind)


def filled(target: Target, rules: MergeRules, rows: int) -> None:
    target.make(rules)
    assert target.merge(rules, snapshot(target, rules, numbered(1, rows), 10)) == "MERGED"


def living(target: Target, rules: MergeRules) -> int:
    alive = 'COUNT_IF(NOT "IS_DELETED")' if rules.soft_deletes else "COUNT(*)"
    return int(target.final("1", alive)[0][0])


@EACH
def test_a_snapshot_that_lacks_most_rows_changes_nothing(target: Target, rules: MergeRules) -> None:
    filled(target, rules, 300)
    before = target.final('"ID"', '"ID", "VALUE", "_VERSION", "_SYNCED_AT"')
    batch = snapshot(target, rules, [*numbered(1, 100), ("x", "1")], 20)
    outcome = target.merge(rules, batch)
    # Without a key it is only known how many rows there are fewer: the one that does not cast is there all the same.
    assert outcome == ("MASS_DELETE 199 300" if rules is WHOLE else "MASS_DELETE 200 300")
    assert target.final('"ID"', '"ID", "VALUE", "_VERSION", "_SYNCED_AT"') == before
    assert (target.staged(), target.quarantined()) == (101, [])
    ledger = 'SELECT 1 AS "X" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s'
    assert not target.warehouse.rows(ledger, [batch])


@EACH
def test_without_the_guard_an_emptied_table_would_empty_final(target: Target, rules: MergeRules) -> None:
    filled(target, rules, 300)
    batch = snapshot(target, rules, [], 20)
    assert target.merge(rules, batch) == "MASS_DELETE 300 300"
    with rendered_without("mass-delete"):
        unguarded = merge_statement(target.objects, rules, batch)
    assert target.merge(rules, batch, unguarded) == "MERGED"
    assert living(target, rules) == 0


@EACH
def test_with_100_percent_allowed_everything_may_go(target: Target, rules: MergeRules) -> None:
    filled(target, rules, 300)
    batch = snapshot(target, rules, [], 20, max_delete_percent=100)
    assert target.merge(rules, batch) == "MERGED"
    assert living(target, rules) == 0
    assert_adds_up(target.ledger(batch))


@EACH
def test_fewer_than_a_hundred_rows_are_no_mass(target: Target, rules: MergeRules) -> None:
    filled(target, rules, 99)
    assert target.merge(rules, snapshot(target, rules, [], 20, max_delete_percent=0)) == "MERGED"
    assert living(target, rules) == 0


@EACH
def test_the_share_that_is_allowed_is_deleted_and_one_row_more_is_not(target: Target, rules: MergeRules) -> None:
    filled(target, rules, 400)
    assert target.merge(rules, snapshot(target, rules, numbered(1, 299), 20, max_delete_percent=25)) == (
        "MASS_DELETE 101 400"
    )
    assert target.merge(rules, snapshot(target, rules, numbered(1, 300), 30, max_delete_percent=25)) == "MERGED"
    assert living(target, rules) == 300


@pytest.mark.parametrize("rules", [HARD, SOFT], ids=["hard", "soft"])
def test_the_share_is_of_what_final_held_before_not_of_what_the_batch_brings(target: Target, rules: MergeRules) -> None:
    filled(target, rules, 300)
    assert target.merge(rules, snapshot(target, rules, numbered(1001, 3000), 20)) == "MASS_DELETE 300 300"
    assert living(target, rules) == 300


def test_rows_marked_as_deleted_long_ago_count_on_neither_side(target: Target) -> None:
    filled(target, SOFT, 300)
    assert target.merge(SOFT, snapshot(target, SOFT, numbered(1, 150), 20)) == "MERGED"
    assert target.merge(SOFT, snapshot(target, SOFT, numbered(1, 40), 30)) == "MASS_DELETE 110 150"


def test_a_window_has_no_share_of_final_to_keep(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([(str(n), "1", at(n % 60)) for n in range(200)], 10))
    assert target.merge(KEYED, target.load([("1", "2", at(61))], 20, max_delete_percent=0)) == "MERGED"


def test_the_error_gives_the_numbers_and_the_remedy(
    target: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    filled(target, HARD, 300)
    name = f"public.{target.name}"
    spec = {"table_name": name, "watermark_type": "full_snapshot", "deletes": "hard", "max_delete_percent": 30}
    event: dict[str, Any] = {
        "table": {"table_name": name, "spec": spec, "digest": "d"},
        "execution": "run-1",
        "bounds": bounds_event(**SNAPSHOT),
        "schema": HARD.to_json(),
        "batch": {
            "id": f"batch-{target.name}",
            "rows": 0,
            "bytes": 0,
            "files": [{"name": f"{target.name}.csv", "version": 20}],
        },
    }
    message = (
        rf"^{name}: the snapshot lacks 300 of FINAL's 300 rows, more than max_delete_percent 30 allows.*"
        "set max_delete_percent to 100"
    )
    with pytest.raises(MergeFailed, match=message):
        handler(event, context)
    again = {**event["batch"], "id": f"again-{target.name}"}
    allowed = {**event["table"], "spec": {**spec, "max_delete_percent": 100}}
    merged = handler({**event, "table": allowed, "batch": again}, context)["merge"]
    assert merged["ledger"]["deleted"] == 300

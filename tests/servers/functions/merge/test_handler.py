"""The merge step as the workflow calls it."""

from typing import Any
from unittest.mock import Mock

import pytest

from functions.merge import handler as module
from functions.merge.handler import handler
from functions.shared.ground.errors import MergeFailed, WarehouseRejected
from functions.shared.snowflake import session as warehouse
from tests.support.batches import KEYED, Row, Target, assert_adds_up, at
from tests.support.bounds import bounds_event


def event(target: Target, rows: list[Row], exported: int | None = None) -> dict[str, Any]:
    """What the workflow passes on once Snowpipe has loaded the rows."""
    batch, file = f"batch-{target.name}", f"public.{target.name}/run.csv"
    target.stage(rows, file)
    name = f"public.{target.name}"
    return {
        "table": {"table_name": name, "spec": {"table_name": name, "watermark_col": "at"}, "digest": "d"},
        "execution": "run-1",
        "bounds": bounds_event(high=at(9)),
        "schema": KEYED.to_json(),
        "batch": {
            "id": batch,
            "rows": len(rows) if exported is None else exported,
            "bytes": 1,
            "files": [{"name": file, "version": 10}],
        },
    }


@pytest.fixture
def made(target: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    target.make(KEYED)
    return target


def test_a_loaded_batch_is_merged_and_its_ledger_returned(made: Target, context: Mock) -> None:
    merge = handler(event(made, [("1", "10", at(1)), ("2", "x", at(2))]), context)["merge"]
    assert merge["status"] == "MERGED"
    assert_adds_up(merge["ledger"])
    assert made.final() == [(1, 10), (2, None)]
    assert merge["quarantined_columns"] == {"VALUE": 1}


def test_a_retried_call_finds_the_batch_merged(made: Target, context: Mock) -> None:
    first = event(made, [("1", "10", at(1))])
    assert handler(first, context) == handler(first, context)
    assert made.final() == [(1, 10)]


def test_a_merge_that_still_runs_is_followed_and_not_submitted_again(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = event(made, [("1", "10", at(1))])
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(made.warehouse, "is_running", lambda _query: True)
    monkeypatch.setattr(module, "read_ledger", lambda *_: None)
    running = handler(loaded, context)["merge"]
    assert (running["status"], bool(running["run"])) == ("RUNNING", True)
    monkeypatch.undo()
    monkeypatch.setattr(warehouse, "_connect", lambda _table: made.warehouse)
    monkeypatch.setenv("SNOWFLAKE_DATABASE", "AURORA")
    monkeypatch.setattr(made.warehouse, "submit", Mock(side_effect=AssertionError("submitted twice")))
    assert handler({**loaded, "merge": running}, context)["merge"]["status"] == "MERGED"


def test_a_partial_load_is_told_with_its_remedy(made: Target, context: Mock) -> None:
    with pytest.raises(MergeFailed, match=rf"^public.{made.name}: .*PARTIAL_LOAD.*re-run the table"):
        handler(event(made, [("1", "10", at(1))], exported=2), context)


def test_keys_that_are_none_are_told_with_their_remedy(made: Target, context: Mock) -> None:
    with pytest.raises(MergeFailed, match=r"DUPLICATE_KEYS.*name unique columns"):
        handler(event(made, [("1", "10", at(1)), ("1", "11", at(1))]), context)


def test_a_merge_that_snowflake_rejects_leaves_final_as_it_was(made: Target, context: Mock) -> None:
    loaded = event(made, [("1", "10", at(1))])
    made.warehouse.execute(f"DROP TABLE {made.objects.final}")
    with pytest.raises(WarehouseRejected, match=rf"^public.{made.name}: "):
        handler(loaded, context)
    assert made.staged() == 1


def test_a_batch_overtaken_by_another_is_submitted_again(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = event(made, [("1", "10", at(1))])
    monkeypatch.setattr(made.warehouse, "outcome", lambda _query: "CONCURRENT")
    monkeypatch.setattr(module, "read_ledger", lambda *_: None)
    again = handler(loaded, context)["merge"]
    assert again == {"status": "RUNNING", "wait_seconds": 5}

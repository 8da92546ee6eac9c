"""The merge step as the workflow calls it."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from unittest.mock import Mock

import pytest

from functions.merge import handler as module
from functions.merge.handler import handler
from functions.shared.ground.errors import InvalidConfiguration, MergeFailed, WarehouseRejected
from functions.shared.snowflake import session as warehouse
from tests.servers.functions.merge.holding import eventually_held, held
from tests.support.batches import KEYED, Row, Target, assert_adds_up, at
from tests.support.bounds import bounds_event
from tests.support.guards import module_without


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
    with monkeypatch.context() as patch:
        patch.setattr(module, "_PATIENCE_SECONDS", 0)
        patch.setattr(made.warehouse, "is_running", lambda _query: True)
        patch.setattr(module, "read_ledger", lambda *_: None)
        running = handler(loaded, context)["merge"]
    assert (running["status"], bool(running["run"]), running["submissions"]) == ("RUNNING", True, 1)
    monkeypatch.setattr(warehouse, "_open", Mock(side_effect=AssertionError("submitted twice")))
    assert handler({**loaded, "merge": running}, context)["merge"]["status"] == "MERGED"


def test_a_partial_load_is_looked_at_once_more_and_then_told_with_its_remedy(made: Target, context: Mock) -> None:
    given = event(made, [("1", "10", at(1))], exported=2)
    given |= handler(given, context)
    assert given["merge"] == {"status": "RUNNING", "submissions": 1, "wait_seconds": 10}
    with pytest.raises(MergeFailed, match=rf"^public.{made.name}: .*PARTIAL_LOAD.*re-run the table"):
        handler(given, context)


def test_rows_that_the_merge_saw_too_late_are_merged_by_the_second(made: Target, context: Mock) -> None:
    """Another session's commit may be seen a moment later."""
    given = event(made, [("1", "10", at(1))], exported=2)
    given |= handler(given, context)
    made.stage([("2", "20", at(2))], given["batch"]["files"][0]["name"], first=2)
    assert handler(given, context)["merge"]["status"] == "MERGED"
    assert made.final() == [(1, 10), (2, 20)]


def test_a_table_may_name_the_warehouse_of_its_merge(made: Target, context: Mock) -> None:
    given = event(made, [("1", "10", at(1))])
    given["table"]["spec"]["warehouse"] = "big"
    with pytest.raises(InvalidConfiguration, match=rf"^public.{made.name}: warehouse BIG does not exist"):
        handler(given, context)
    assert made.final() == []
    made.warehouse.execute('CREATE WAREHOUSE "BIG"')
    assert handler(given, context)["merge"]["status"] == "MERGED"
    made.warehouse.execute('DROP WAREHOUSE "BIG"')


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
    given = event(made, [("1", "10", at(1))])
    monkeypatch.setattr(made.warehouse, "outcome", lambda _query: "CONCURRENT")
    monkeypatch.setattr(module, "read_ledger", lambda *_: None)
    given |= handler(given, context)
    assert given["merge"] == {"status": "RUNNING", "submissions": 1, "wait_seconds": 5}
    assert handler(given, context)["merge"]["submissions"] == 2


def test_a_merge_that_snowflake_cancels_is_submitted_once_more(made: Target, context: Mock) -> None:
    given = event(made, [("1", "10", at(1))])
    with held(made) as release:
        threading.Timer(0.2, release, ["abort"]).start()
        given |= handler(given, context)
    assert given["merge"] == {"status": "RUNNING", "submissions": 1, "wait_seconds": 30}
    assert (made.final(), made.staged()) == ([], 1)
    with held(made) as release:
        threading.Timer(0.2, release, ["abort"]).start()
        with pytest.raises(MergeFailed, match=r"TIMED_OUT.*QUERY_HISTORY says who"):
            handler(given, context)
    given["merge"]["submissions"] = 1
    assert handler(given, context)["merge"]["status"] == "MERGED"


@pytest.mark.parametrize("guarded", [True, False])
def test_a_merge_under_way_shares_its_transaction_with_nothing(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The container that submitted it goes on with another table."""
    other = Target(made.warehouse, f"{made.name}_other")
    other.make(KEYED)
    first, second = event(made, [("1", "10", at(1))]), event(other, [("2", "20", at(2))])
    if not guarded:
        runners = module_without("two-merges-in-one-transaction", "_snowflake")
        monkeypatch.setattr(module, "RUNNERS", runners.RUNNERS)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0)
    with held(made) as release, ThreadPoolExecutor() as pool:
        first |= handler(first, context)
        eventually_held(made)
        beside = pool.submit(handler, second, context)
        wait([beside], timeout=3)
        release("abort")
        second |= beside.result()
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 10)
    ended = handler(second, context)["merge"]["status"]
    assert ((ended, made.final(), other.final()) == ("MERGED", [], [(2, 20)])) == guarded

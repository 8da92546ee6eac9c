"""The merge as a run of the table's task: followed by the ledger, and submitted again where its run was replaced."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from functions.merge import handler as module
from functions.merge import runners
from functions.merge.handler import handler
from functions.shared.snowflake import session as warehouse
from tests.servers.functions.merge.holding import fault
from tests.servers.functions.merge.test_handler import event
from tests.support.batches import KEYED, Target, at


@pytest.fixture
def made(target: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    target.make(KEYED)
    return target


def by_task(target: Target) -> dict[str, Any]:
    given = event(target, [("1", "10", at(1))])
    given["table"]["spec"]["merge_by"] = "task"
    return given


def test_a_run_is_followed_by_the_ledger_alone(made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 60)
    monkeypatch.setattr(runners, "_history", Mock(side_effect=AssertionError("asked TASK_HISTORY")))
    assert handler(by_task(made), context)["merge"]["status"] == "MERGED"
    assert made.final() == [(1, 10)]


def test_a_run_that_was_replaced_is_submitted_again(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no history: another batch's run took its place before it began."""
    given = by_task(made)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0)
    fault(made, next_task_run="LOST")
    given |= handler(given, context)
    assert given["merge"]["run"], "it may still be listed"
    monkeypatch.setattr(runners, "_LISTED_AFTER", timedelta(0))
    given |= handler(given, context)
    assert given["merge"] == {"status": "RUNNING", "submissions": 1, "wait_seconds": 5}
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 60)
    assert handler(given, context)["merge"]["status"] == "MERGED"
    assert made.final() == [(1, 10)]

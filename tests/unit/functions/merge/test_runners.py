"""The merge as a run of the table's task: what is asked of Snowflake, and what each answer means."""

from typing import Any, cast
from unittest.mock import Mock

import pytest

from functions.merge.runners import RUNNERS
from functions.shared.contract.names import SourceTable
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from tests.support.batches import KEYED

OBJECTS = TableObjects("AURORA", SourceTable("public", "orders"))


def answering(*rows: dict[str, Any]) -> Any:
    return Mock(rows=Mock(return_value=list(rows)), execute=Mock())


def run(state: str, value: str | None = None, error: str | None = None) -> dict[str, Any]:
    return {"STATE": state, "RETURN_VALUE": value, "ERROR_MESSAGE": error}


def outcome(*rows: dict[str, Any]) -> str | None:
    return RUNNERS["task"].outcome(cast("SnowflakeSession", answering(*rows)), OBJECTS, "b1", "task")


def test_the_task_is_run_for_one_batch() -> None:
    snowflake = answering()
    assert RUNNERS["task"].submit(snowflake, OBJECTS, KEYED, "b1")
    [call] = snowflake.execute.call_args_list
    assert call.args[0].startswith('EXECUTE TASK "AURORA"."STAGING"."PUBLIC__ORDERS" USING CONFIG = ')
    assert '"batch_id": "b1"' in call.args[0]


@pytest.mark.parametrize("rows", [[], [run("SCHEDULED")], [run("EXECUTING")]])
def test_a_run_that_is_not_listed_or_not_over_has_no_outcome(rows: list[dict[str, Any]]) -> None:
    assert outcome(*rows) is None


@pytest.mark.parametrize("word", ["MERGED", "ALREADY_MERGED", "MASS_DELETE 200 300", "UNREPRESENTABLE 2"])
def test_the_outcome_is_what_the_run_returned(word: str) -> None:
    assert outcome(run("SUCCEEDED", word)) == word


@pytest.mark.parametrize(("state", "error"), [("FAILED", "no warehouse"), ("SKIPPED", None), ("CANCELLED", None)])
def test_a_run_that_did_not_succeed_says_how_it_ended(state: str, error: str | None) -> None:
    assert outcome(run(state, error=error)) == " ".join(filter(None, [f"TASK_{state}", error]))


def test_only_runs_of_this_batch_and_this_table_are_asked_for() -> None:
    snowflake = answering()
    RUNNERS["task"].outcome(snowflake, OBJECTS, "b1", "task")
    asked = snowflake.rows.call_args.args[0]
    for part in ("TASK_NAME => 'PUBLIC__ORDERS'", "SCHEMA_NAME = 'STAGING'", "'b1'"):
        assert part in asked

"""Following an execution by a plain boto3 client, whose stubber holds each call to the service's own model."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operate.progress import outcome_lines
from operate.runs import Outcome, Workflow

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:sync"
EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:sync:one"
BEGAN = datetime(2025, 1, 31, tzinfo=UTC)


@pytest.fixture
def stub() -> Iterator[Stubber]:
    session = boto3.Session("key", "secret", region_name="eu-central-1")
    stubber = Stubber(session.client("stepfunctions"))
    with stubber:
        yield stubber
    stubber.assert_no_pending_responses()


def described(status: str, **more: Any) -> dict[str, Any]:
    fixed = {"executionArn": EXECUTION, "stateMachineArn": MACHINE, "startDate": BEGAN}
    return {**fixed, "status": status, **more}


def test_an_execution_is_started_for_some_tables_by_an_account_s_client(stub: Stubber) -> None:
    expected = {"stateMachineArn": MACHINE, "input": '{"tables": ["public.orders"]}'}
    stub.add_response("start_execution", {"executionArn": EXECUTION, "startDate": BEGAN}, expected)
    assert Workflow(stub.client, MACHINE).start(["public.orders"]) == EXECUTION


def test_a_result_is_completed_from_the_last_state_of_the_tables_child(stub: Stubber) -> None:
    map_run, child = f"{MACHINE}/each:run", f"{EXECUTION}-child"
    result = '{"results": [{"table_name": "public.orders", "status": "IDLE"}]}'
    stub.add_response("describe_execution", described("SUCCEEDED", output=result), {"executionArn": EXECUTION})
    run = {"executionArn": EXECUTION, "mapRunArn": map_run, "stateMachineArn": MACHINE, "startDate": BEGAN}
    stub.add_response("list_map_runs", {"mapRuns": [{**run, "stopDate": BEGAN}]}, {"executionArn": EXECUTION})
    listed = {"executionArn": child, "stateMachineArn": MACHINE, "name": "c", "status": "SUCCEEDED", "startDate": BEGAN}
    stub.add_response("list_executions", {"executions": [listed]}, {"mapRunArn": map_run})
    given = '{"table": {"table_name": "public.orders"}, "bounds": {"strategy": "xmin", "note": "nothing is new"}}'
    entered = {"timestamp": BEGAN, "type": "PassStateEntered", "id": 2}
    event = {**entered, "stateEnteredEventDetails": {"name": "Idle", "input": given}}
    asked = {"executionArn": child, "reverseOrder": True, "maxResults": 50}
    stub.add_response("get_execution_history", {"events": [event]}, asked)
    outcome = Workflow(stub.client, MACHINE).outcome(EXECUTION)
    [table] = outcome.tables
    assert outcome.succeeded
    assert (table["status"], table["strategy"], table["note"]) == ("IDLE", "xmin", "nothing is new")
    assert (table["exported"], table["duplicates"], table["target"]) == (0, 0, None)


def test_an_execution_that_was_stopped_before_its_results_gives_its_error(stub: Stubber) -> None:
    cause = '{"errorMessage": "no table is configured"}'
    failed = described("FAILED", error="InvalidConfiguration", cause=cause)
    stub.add_response("describe_execution", failed, {"executionArn": EXECUTION})
    stub.add_response("get_execution_history", {"events": []})
    outcome = Workflow(stub.client, MACHINE).outcome(EXECUTION)
    assert not outcome.succeeded
    assert outcome.as_json()["error"] == "InvalidConfiguration: no table is configured"


def test_the_lines_of_an_ended_execution_have_counts_or_the_reason() -> None:
    counts = {"exported": 0, "loaded": 0, "merged": 0, "deleted": 0, "quarantined": 0, "seconds": 3}
    tables = [
        {**counts, "table_name": "public.orders", "status": "LOADED", "exported": 1234, "merged": 1234},
        {**counts, "table_name": "public.events", "status": "IDLE", "note": "nothing is new"},
        {**counts, "table_name": "public.broken", "status": "FAILED", "error": "LoadFailed: refused"},
    ]
    loaded, idle, broken, end = outcome_lines(Outcome("FAILED", EXECUTION, tables))
    assert loaded.split(" s  ")[1] == "exported 1,234, merged 1,234"
    assert idle.endswith("nothing is new")
    assert broken.endswith("LoadFailed: refused")
    assert end == f"  FAILED {EXECUTION}"

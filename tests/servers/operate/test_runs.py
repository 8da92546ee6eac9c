"""Following an execution: progress per table while it runs, results and errors at its end."""

from typing import Any

from local.aws.server import Aws
from operate.runs import TableProgress, Workflow
from tests.support.workflows import MAP_PROCESSOR, machine


def sync_like(failing: str | None, wait: int = 0) -> dict[str, Any]:
    """The shape of the workflow: children that get a table and end with its result, and the gate behind them."""
    bad = f"$states.input.table.table_name = '{failing}' and $states.input.attempt = 0"
    child = {
        "Work": {"Type": "Wait", "Seconds": wait, "Next": "Loaded"},
        "Loaded": {
            "Type": "Pass",
            "Output": {
                "table_name": "{% $states.input.table.table_name %}",
                "status": f"{{% ({bad}) ? 'FAILED' : 'LOADED' %}}",
                "exported": 3,
            },
            "End": True,
        },
    }
    item = {"table": "{% $states.context.Map.Item.Value %}", "attempt": "{% $states.input.attempt %}"}
    named = "{% [($exists($states.input.tables) ? $states.input.tables : ['a', 'b']).{'table_name': $}] %}"
    return {
        "Config": {
            "Type": "Pass",
            "Output": {"tables": named, "attempt": "{% $states.context.Execution.RedriveCount %}"},
            "Next": "Each table",
        },
        "Each table": {
            "Type": "Map",
            "Items": "{% $states.input.tables %}",
            "ItemSelector": item,
            "ItemProcessor": {**MAP_PROCESSOR, "StartAt": "Work", "States": child},
            "ToleratedFailurePercentage": 100,
            "Output": {
                "attempt": "{% $states.input.attempt %}",
                "results": "{% [$states.result] %}",
                "failed": "{% [$states.result[status = 'FAILED'].table_name] %}",
            },
            "Next": "Any failures?",
        },
        "Any failures?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $count($states.input.failed) = 0 %}", "Next": "Done"}],
            "Default": "Redrive to retry failed tables",
        },
        "Redrive to retry failed tables": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $states.context.Execution.RedriveCount > $states.input.attempt %}",
                    "Output": {"tables": "{% $states.input.failed %}"},
                    "Next": "Config",
                }
            ],
        },
        "Done": {"Type": "Succeed", "Output": {"results": "{% $states.input.results %}"}},
    }


def workflow_of(aws: Aws, states: dict[str, Any]) -> Workflow:
    """A state machine of these states, followed by a client of the laptop's AWS."""
    return Workflow(aws.client("stepfunctions"), machine(aws, states))


def test_a_success_tells_every_tables_result_with_all_fields(aws: Aws) -> None:
    workflow = workflow_of(aws, sync_like(None))
    outcome = workflow.follow(workflow.start())
    assert outcome.succeeded
    told = outcome.as_json()
    assert (told["status"], [table["table_name"] for table in told["tables"]]) == ("SUCCEEDED", ["a", "b"])
    counts = {"loaded": 0, "merged": 0, "deleted": 0, "quarantined": 0, "seconds": 0, "exported": 3}
    assert told["tables"][0] == {"table_name": "a", "strategy": None, "status": "LOADED", "target": None, **counts}
    assert "error" not in told


def test_only_the_named_tables_run(aws: Aws) -> None:
    workflow = workflow_of(aws, sync_like(None))
    assert [one["table_name"] for one in workflow.follow(workflow.start(["b"])).tables] == ["b"]


def test_a_replay_is_asked_for_beside_the_tables(aws: Aws) -> None:
    given = {"Tell": {"Type": "Succeed", "Output": {"results": "{% [$states.input] %}"}}}
    workflow = workflow_of(aws, given)
    [everything] = workflow.follow(workflow.start(replay=True)).tables
    [one] = workflow.follow(workflow.start(["b"], replay=True)).tables
    [none] = workflow.follow(workflow.start(["b"])).tables
    assert (everything["replay"], "tables" in everything) == (True, False)
    assert (one["replay"], one["tables"]) == (True, ["b"])
    assert "replay" not in none


def test_progress_names_each_table_and_its_state(aws: Aws) -> None:
    workflow = workflow_of(aws, sync_like(None, wait=4))
    seen: list[list[TableProgress]] = []
    workflow.follow(workflow.start(), seen.append)
    told = [set(progress) for progress in seen]  # tables that start at one moment come in any order
    assert {TableProgress("a", "Work", "RUNNING"), TableProgress("b", "Work", "RUNNING")} in told
    assert told[-1] == {TableProgress("a", "Loaded", "SUCCEEDED"), TableProgress("b", "Loaded", "SUCCEEDED")}


def test_a_failed_execution_tells_results_from_the_gate_and_a_redrive_runs_only_the_failed(aws: Aws) -> None:
    workflow = workflow_of(aws, sync_like("b"))
    outcome = workflow.follow(workflow.start())
    assert (outcome.status, outcome.error) == ("FAILED", None)
    assert [(one["table_name"], one["status"]) for one in outcome.tables] == [("a", "LOADED"), ("b", "FAILED")]
    workflow.redrive(outcome.execution_arn)
    again = workflow.follow(outcome.execution_arn)
    assert again.succeeded
    assert [(one["table_name"], one["status"]) for one in again.tables] == [("b", "LOADED")]


def test_an_execution_that_fails_before_its_results_tells_the_error(aws: Aws) -> None:
    states = {"Config": {"Type": "Fail", "Error": "InvalidConfiguration", "Cause": "no table is configured"}}
    workflow = workflow_of(aws, states)
    told = workflow.follow(workflow.start()).as_json()
    assert (told["status"], told["tables"]) == ("FAILED", [])
    assert told["error"] == "InvalidConfiguration: no table is configured"

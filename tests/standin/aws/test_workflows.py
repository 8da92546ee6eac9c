"""The state machine features the workflow rests on, on the laptop's AWS."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.server import Aws
from local.aws.workflow import retry
from tests.support.workflows import MAP_PROCESSOR, ended, events, function, invoke, machine, role, run

FUNCTION = """
import time
class Throttled(Exception): pass
attempts = {}
def handler(event, context):
    table = event.get("table")
    attempts[table] = attempts.get(table, 0) + 1
    if event.get("sleep"): time.sleep(event["sleep"])
    if attempts[table] <= event.get("throttle", 0): raise Throttled("try again")
    if event.get("fail"): raise ValueError("broken")
    return {"table": table, "attempts": attempts[table], "at": [time.time() - event.get("sleep", 0), time.time()]}
"""


@pytest.fixture(scope="module")
def worker(aws: Aws) -> str:
    return function(aws, FUNCTION)


def each(states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Distributed Map over the input's tables."""
    return {
        "Type": "Map",
        "Label": "EachTable",
        "Items": "{% $states.input.tables %}",
        "ItemSelector": {
            "table": "{% $states.context.Map.Item.Value %}",
            "index": "{% $states.context.Map.Item.Index %}",
        },
        "ItemProcessor": {**MAP_PROCESSOR, "StartAt": next(iter(states)), "States": states},
        "End": True,
        **fields,
    }


def test_a_failed_child_adds_no_result_and_the_others_stay_in_order(aws: Aws, worker: str) -> None:
    payload = {"table": "{% $states.input.table %}", "fail": "{% $states.input.table = 'b' %}"}
    states = {"Work": {**invoke(worker, payload), "Output": "{% $states.result.Payload.table %}", "End": True}}
    all_tolerated = each(states, ToleratedFailurePercentage=100, Output={"results": "{% $states.result %}"})
    assert run(aws, machine(aws, {"Each": all_tolerated}), {"tables": ["a", "b", "c"]}).output == {
        "results": ["a", "c"]
    }


@pytest.mark.parametrize(("tolerated", "status"), [(50, "SUCCEEDED"), ("{% 20 + 13 %}", "FAILED"), (None, "FAILED")])
def test_failures_beyond_the_tolerated_share_fail_the_map(aws: Aws, tolerated: Any, status: str) -> None:
    states = {
        "Bad?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.index = 0 %}", "Next": "Bad"}],
            "Default": "Good",
        },
        "Bad": {"Type": "Fail", "Error": "Bad", "Cause": "first"},
        "Good": {"Type": "Succeed"},
    }
    fields = {} if tolerated is None else {"ToleratedFailurePercentage": tolerated}
    ran = run(aws, machine(aws, {"Each": each(states, **fields)}), {"tables": ["a", "b"]})
    assert ran.status == status
    if status == "FAILED":
        assert ran.error == "States.ExceedToleratedFailureThreshold"


@pytest.mark.parametrize("limit", [2, "{% 1 + 1 %}"])
def test_no_more_children_run_at_once_than_allowed(aws: Aws, limit: Any) -> None:
    states = {
        "Begin": {"Type": "Pass", "Assign": {"began": "{% $millis() %}"}, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "End"},
        "End": {"Type": "Pass", "Output": ["{% $began %}", "{% $millis() %}"], "End": True},
    }
    ran = run(aws, machine(aws, {"Each": each(states, MaxConcurrency=limit)}), {"tables": list("abcde")})
    spans = ran.output
    assert max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans) == 2


def test_a_child_has_its_own_execution_and_variables(aws: Aws) -> None:
    states = {
        "Set": {"Type": "Pass", "Assign": {"mine": "{% $states.input.table %}"}, "Next": "Tell"},
        "Tell": {
            "Type": "Pass",
            "Output": {
                "mine": "{% $mine %}",
                "parents": "{% $exists($shared) %}",
                "id": "{% $states.context.Execution.Id %}",
                "input": "{% $states.context.Execution.Input %}",
            },
            "End": True,
        },
    }
    top = {"Share": {"Type": "Pass", "Assign": {"shared": 1}, "Next": "Each"}, "Each": each(states)}
    ran = run(aws, machine(aws, top), {"tables": ["a", "b"]})
    assert [(result["mine"], result["parents"], result["input"]) for result in ran.output] == [
        ("a", False, {"table": "a", "index": 0}),
        ("b", False, {"table": "b", "index": 1}),
    ]
    sfn = aws.client("stepfunctions")
    map_run = sfn.list_map_runs(executionArn=ran.arn)["mapRuns"][0]["mapRunArn"]
    listed = {child["executionArn"] for child in sfn.list_executions(mapRunArn=map_run)["executions"]}
    assert listed == {result["id"] for result in ran.output}
    entered = [
        e["stateEnteredEventDetails"]["name"] for e in events(aws, listed.pop()) if "stateEnteredEventDetails" in e
    ]
    assert entered == ["Set", "Tell"]


def test_stopping_the_execution_stops_its_children(aws: Aws) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 10, "Next": "After"}, "After": {"Type": "Succeed"}}
    sfn = aws.client("stepfunctions")
    arn = sfn.start_execution(
        stateMachineArn=machine(aws, {"Each": each(states, MaxConcurrency=1)}), input='{"tables": ["a", "b"]}'
    )["executionArn"]
    while not (map_runs := sfn.list_map_runs(executionArn=arn)["mapRuns"]):
        time.sleep(0.02)
    while not (children := sfn.list_executions(mapRunArn=map_runs[0]["mapRunArn"])["executions"]):
        time.sleep(0.02)
    sfn.stop_execution(executionArn=arn)
    assert ended(aws, children[0]["executionArn"], 2).status == "ABORTED"
    assert ended(aws, arn).status == "ABORTED"


def test_a_catch_inside_a_child_assigns_the_error_and_keeps_the_input(aws: Aws, worker: str) -> None:
    states = {
        "Work": {
            **invoke(worker, {"table": "{% $states.input.table %}", "fail": True}),
            "Retry": [
                {
                    "ErrorEquals": ["ValueError"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": 2,
                    "MaxDelaySeconds": 2,
                    "JitterStrategy": "FULL",
                }
            ],
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"failure": "{% $states.errorOutput %}"},
                    "Output": "{% $states.input %}",
                    "Next": "Tell",
                }
            ],
            "End": True,
        },
        "Tell": {
            "Type": "Pass",
            "Output": {
                "table": "{% $states.input.table %}",
                "error": "{% $failure.Error %}",
                "message": "{% $parse($failure.Cause).errorMessage %}",
            },
            "End": True,
        },
    }
    assert run(aws, machine(aws, {"Each": each(states)}), {"tables": ["caught"]}).output == [
        {"table": "caught", "error": "ValueError", "message": "broken"}
    ]


def test_a_retry_ends_with_the_first_success(aws: Aws, worker: str) -> None:
    retrier = {"ErrorEquals": ["Throttled"], "IntervalSeconds": 1, "MaxAttempts": 3, "JitterStrategy": "FULL"}
    payload = {"table": "throttled", "throttle": 2}
    ran = run(aws, machine(aws, {"Work": {**invoke(worker, payload), "Retry": [retrier], "End": True}}))
    assert ran.output["attempts"] == 3


def test_the_delay_of_a_retry_is_capped_and_jittered() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10}
    assert [retry.delay_seconds(retrier, earlier) for earlier in range(4)] == [2, 6, 10, 10]
    jittered = [retry.delay_seconds({**retrier, "JitterStrategy": "FULL"}, 3) for _ in range(200)]
    assert 0 <= min(jittered) < 3
    assert 7 < max(jittered) <= 10


def test_states_all_does_not_catch_data_over_the_limit(aws: Aws) -> None:
    name = function(aws, "def handler(e, c): return 'x' * 300_000")
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Big": {**invoke(name), "Catch": catch, "End": True}, "Caught": {"Type": "Succeed"}}
    assert run(aws, machine(aws, states)).error == "States.DataLimitExceeded"


def test_waits_and_the_added_functions_are_evaluated(aws: Aws) -> None:
    states = {
        "Wait": {
            "Type": "Wait",
            "Seconds": "{% $states.input.seconds %}",
            "Assign": {"entered": "{% $states.context.State.EnteredTime %}"},
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Pass",
            "Output": {
                "waited": "{% $millis() - $toMillis($entered) %}",
                "parsed": "{% $parse('{\"a\": 1}').a %}",
                "uuid": "{% $length($uuid()) %}",
                "now": "{% $contains($now(), 'T') %}",
                "millis": "{% $millis() %}",
            },
            "End": True,
        },
    }
    ran = run(aws, machine(aws, states), {"seconds": 3})
    assert ran.output | {"millis": 0, "waited": 0} == {"parsed": 1, "uuid": 36, "now": True, "millis": 0, "waited": 0}
    assert abs(ran.output["millis"] / 1000 - time.time()) < 60
    assert ran.output["waited"] >= 599  # three seconds at the session's wait scale


GATE = {
    "Start": {
        "Type": "Pass",
        "Assign": {"kept": "yes"},
        "Output": {"attempt": 0, "tables": ["a", "b"]},
        "Next": "Each",
    },
    "Each": each(
        {
            "Loaded?": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $states.input.table = 'b' and $states.input.attempt = 0 %}", "Next": "Fails"}
                ],
                "Default": "Loads",
            },
            "Fails": {"Type": "Fail", "Error": "Lost", "Cause": "uncaught"},
            "Loads": {"Type": "Pass", "Output": "{% $states.input.table %}", "End": True},
        },
        ItemSelector={"table": "{% $states.context.Map.Item.Value %}", "attempt": "{% $states.input.attempt %}"},
        ToleratedFailurePercentage=100,
        Output={
            "attempt": "{% $states.input.attempt %}",
            "ran": "{% $states.input.tables %}",
            "failed": "{% [$states.input.tables[$not($ in $states.result)]] %}",
        },
        Next="Any failures?",
    ),
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
                "Output": {
                    "tables": "{% $states.input.failed %}",
                    "attempt": "{% $states.context.Execution.RedriveCount %}",
                },
                "Next": "Each",
            }
        ],
    },
    "Done": {"Type": "Pass", "Output": {"ran": "{% $states.input.ran %}", "kept": "{% $kept %}"}, "End": True},
}
GATE["Each"].pop("End")


def test_a_redrive_resumes_at_the_failed_state_with_its_input_and_variables(aws: Aws) -> None:
    ran = run(aws, machine(aws, GATE))
    assert (ran.status, ran.error) == ("FAILED", "States.NoChoiceMatched")
    sfn = aws.client("stepfunctions")
    sfn.redrive_execution(executionArn=ran.arn)
    again = ended(aws, ran.arn)
    assert (again.status, again.output) == ("SUCCEEDED", {"ran": ["b"], "kept": "yes"})
    assert sfn.describe_execution(executionArn=ran.arn)["redriveCount"] == 1
    entered = [e["stateEnteredEventDetails"]["name"] for e in events(aws, ran.arn) if "stateEnteredEventDetails" in e]
    assert entered.count("Start") == 1
    assert entered.count("Each") == 2


def test_a_succeeded_execution_is_not_redrivable(aws: Aws) -> None:
    ran = run(aws, machine(aws, {"Done": {"Type": "Succeed"}}))
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        aws.client("stepfunctions").redrive_execution(executionArn=ran.arn)


def test_the_state_machine_holds_exactly_its_roles_permissions(aws: Aws, worker: str) -> None:
    other = function(aws, "def handler(e, c): return 1")
    arn = aws.client("lambda").get_function(FunctionName=worker)["Configuration"]["FunctionArn"]
    role_arn = role(aws, "states", [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}])
    allowed = run(aws, machine(aws, {"Call": {**invoke(worker), "End": True}}, role_arn=role_arn))
    denied = run(aws, machine(aws, {"Call": {**invoke(other), "End": True}}, role_arn=role_arn))
    assert allowed.status == "SUCCEEDED"
    assert denied.error == "Lambda.AWSLambdaException"
    assert "not authorized to perform: lambda:InvokeFunction" in str(denied.cause)


def test_a_state_machine_over_its_timeout_ends_timed_out(aws: Aws) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 8, "Next": "Done"}, "Done": {"Type": "Succeed"}}
    definition = {"QueryLanguage": "JSONata", "TimeoutSeconds": 1, "StartAt": "Wait", "States": states}
    created = aws.client("stepfunctions").create_state_machine(
        name="times-out", definition=json.dumps(definition), roleArn=role(aws, "states")
    )
    assert run(aws, created["stateMachineArn"]).status == "TIMED_OUT"

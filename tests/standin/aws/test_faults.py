"""What tests break on the laptop's AWS is told as AWS tells it."""

import time
from typing import Any

import pytest

from local.aws.inactive_functions import TAG
from local.aws.server import Aws
from tests.support.workflows import ended, function, invoke, machine, role, run

CODE = """
import os, pathlib, time
def handler(event, context):
    if event.get("die"): os._exit(1)
    if event.get("wait_for"):
        while not pathlib.Path(event["wait_for"]).exists(): time.sleep(0.02)
    return {**event, "done": event.get("done", 0) + 1}
"""

NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def worker(aws: Aws) -> str:
    return function(aws, CODE)


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {**invoke(name), "End": True, **fields}


def test_a_function_whose_process_ends_is_an_exit_error(aws: Aws, worker: str) -> None:
    failed = run(aws, machine(aws, {"Work": task(worker)}), {"die": True})
    assert failed.error == "Runtime.ExitError"


def test_a_throttled_function_is_too_many_requests(aws: Aws) -> None:
    name = function(aws, CODE)
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    failed = run(aws, machine(aws, {"Work": task(name)}))
    assert failed.error == "Lambda.TooManyRequestsException"


def test_an_inactive_function_fails_until_its_network_interfaces_are_made(aws: Aws) -> None:
    name = function(aws, CODE)
    functions = aws.client("lambda")
    arn = functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    functions.tag_resource(Resource=arn, Tags={TAG: "1"})
    working = machine(aws, {"Work": task(name)})
    assert [run(aws, working).error for _ in range(2)] == ["Lambda.ResourceNotReadyException"] * 2
    time.sleep(1)
    assert run(aws, working).status == "SUCCEEDED"


def test_an_execution_that_is_not_there_is_named_by_the_class_of_the_java_sdk(aws: Aws) -> None:
    arn = f"arn:aws:states:{aws.region}:123456789012:execution:none:none"
    looking = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution", "End": True}
    failed = run(aws, machine(aws, {"Look": {**looking, "Arguments": {"ExecutionArn": arn}}}))
    assert failed.error == "Sfn.ExecutionDoesNotExistException"


def test_a_lease_table_is_closed_to_a_state_machine_whose_role_does_not_name_it(aws: Aws) -> None:
    take = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Arguments": {"TableName": "leases", "Key": {"table_name": {"S": "t"}}},
        "End": True,
    }
    failed = run(aws, machine(aws, {"Take": take}, role_arn=role(aws, "states", [NOTHING])))
    assert failed.error == "DynamoDB.AmazonDynamoDBException"
    assert "not authorized to perform: dynamodb:GetItem" in str(failed.cause)


def test_what_a_stopped_execution_was_waiting_for_does_not_go_on_after_its_redrive(
    aws: Aws, worker: str, tmp_path: Any
) -> None:
    go = tmp_path / "go"
    states = {
        "Work": {**task(worker), "End": False, "Next": "Rest"},
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Again"},
        "Again": task(worker),
    }
    del states["Work"]["End"]
    sfn = aws.client("stepfunctions")
    arn = sfn.start_execution(stateMachineArn=machine(aws, states), input=f'{{"wait_for": "{go}"}}')["executionArn"]
    time.sleep(1)
    sfn.stop_execution(executionArn=arn)
    sfn.redrive_execution(executionArn=arn)
    go.touch()
    done = ended(aws, arn)
    assert (done.status, done.output["done"]) == ("SUCCEEDED", 2)
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in sfn.get_execution_history(executionArn=arn)["events"]
        if "stateEnteredEventDetails" in event
    ]
    assert entered == ["Work", "Work", "Rest", "Again"]

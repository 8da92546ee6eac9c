"""Small functions and state machines, deployed and run on the laptop's AWS by the tests."""

import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from local.aws.server import ACCOUNT, Aws

MAX_FILE_BYTES = 40_000_000  # where the session's Aurora starts another export file
MAP_PROCESSOR = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def role(aws: Aws, service: str, statements: list[dict[str, Any]] | None = None, prefix: str = "") -> str:
    """A role the service may assume, allowed everything unless statements are given; returns its ARN."""
    name = f"{prefix}{service}-{uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=_policy(everything if statements is None else statements)
    )
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def function(aws: Aws, code: str, role_arn: str | None = None, handler: str = "main.handler") -> str:
    """Deploys ``main.py`` as a Python function; returns its name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("main.py", code)
    name = f"f-{uuid4().hex[:8]}"
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler=handler,
        Role=role_arn or role(aws, "lambda"),
        Code={"ZipFile": archive.getvalue()},
        Timeout=20,
    )
    return name


def invoke(name: str, payload: Any = "{% $states.input %}") -> dict[str, Any]:
    """The fields of a Task state that invokes a function and returns its answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": name, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
    }


@dataclass(frozen=True)
class Run:
    """One execution's end."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None


def machine(aws: Aws, states: dict[str, Any], start_at: str | None = None, role_arn: str | None = None) -> str:
    """Creates a JSONata state machine; returns its ARN."""
    definition = {"QueryLanguage": "JSONata", "StartAt": start_at or next(iter(states)), "States": states}
    created = aws.client("stepfunctions").create_state_machine(
        name=f"m-{uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=role_arn or role(aws, "states")
    )
    return str(created["stateMachineArn"])


def run(aws: Aws, machine_arn: str, data: Any = None) -> Run:
    """Starts an execution and waits for its end."""
    started = aws.client("stepfunctions").start_execution(stateMachineArn=machine_arn, input=json.dumps(data or {}))
    return ended(aws, started["executionArn"])


def ended(aws: Aws, execution_arn: str, seconds: float = 30) -> Run:
    """Waits for the execution's end."""
    states, began = aws.client("stepfunctions"), time.monotonic()
    while (told := states.describe_execution(executionArn=execution_arn))["status"] == "RUNNING":
        assert time.monotonic() - began < seconds, f"{execution_arn} still runs"
        time.sleep(0.03)
    output = json.loads(told["output"]) if told.get("output") else None
    return Run(execution_arn, told["status"], output, told.get("error"), told.get("cause"))


def events(aws: Aws, execution_arn: str) -> list[dict[str, Any]]:
    """The execution's history."""
    pages = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    return [event for page in pages for event in page["events"]]


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})

"""The dead letter of a failed step, whichever it was, by the definition's own states on the laptop's AWS."""

import json
from typing import Any

import pytest

from local.aws.server import Aws
from tests.servers.statemachine.branch import STEPS, branch_with
from tests.support.workflows import machine, run

QUEUE = "dead-letters-by-step"
CODE = """
class Broken(Exception): pass

BOUNDS = {"status": "NEW", "more": False, "started_at": 0, "slices": [{}, {}]}
RETURNS = {
    "watermark": {"bounds": BOUNDS},
    "replay": {"bounds": BOUNDS, "batch": {"rows": 1}, "load": {"status": "LOADED"}},
    "schema": {"schema": {}},
    "export": {"rows": 1, "bytes": 1, "files": [], "wait_seconds": 1},
    "await_load": {"load": {"status": "LOADED"}},
    "merge": {"merge": {"status": "MERGED"}},
    "reconcile": {"result": {}},
}

def handler_of(step):
    def handler(event, _context):
        if event["table"]["spec"]["fails"] == step:
            raise Broken("it broke")
        return RETURNS[step]
    return handler

globals().update({f"handle_{step}": handler_of(step) for step in RETURNS})
"""


@pytest.fixture(scope="module")
def branch(aws: Aws) -> str:
    states = branch_with(aws, dict.fromkeys(STEPS, CODE), QUEUE)
    return machine(aws, states["States"], states["StartAt"])


def letter(aws: Aws) -> dict[str, Any]:
    """The one message of the queue, which is empty afterwards."""
    queue = aws.client("sqs")
    url = queue.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    [message] = queue.receive_message(QueueUrl=url)["Messages"]
    queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    body: dict[str, Any] = json.loads(message["Body"])
    return body


@pytest.mark.parametrize("step", STEPS)
def test_the_dead_letter_names_the_step_that_failed(aws: Aws, branch: str, step: str) -> None:
    replay = {"replay": True} if step == "replay" else {}
    ran = run(aws, branch, {"table": {"table_name": "t", "spec": {"fails": step}, **replay}, "execution": "e"})
    assert (ran.output["status"], ran.output["error"]) == ("FAILED", "Broken: it broke")
    written = letter(aws)
    assert written["state"] == step.replace("_", " ").capitalize()
    assert (written["table_name"], written["execution"]) == ("t", "e")
    assert (written["error"], written["message"]) == ("Broken", "it broke")
    assert written["rerun_input"] == {"tables": ["t"], **replay}

"""A function that hangs: the state's own time limit ends it, of which Step Functions tells no cause."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.aws.server import Aws
from tests.servers.statemachine.branch import branch_with
from tests.support.definition import NO_MESSAGE
from tests.support.workflows import events, machine, run

ATTEMPTS = 3
CODE = """
import pathlib, time

def handle_watermark(event, _context):
    calls = pathlib.Path(event["table"]["spec"]["calls"])
    calls.write_text(calls.read_text() + ".")
    if len(calls.read_text()) <= event["table"]["spec"]["hangs"]:
        time.sleep(15)
    return {"bounds": {"status": "IDLE", "started_at": 0, "held": 0, "note": "", "strategy": "xmin", "target": "T"}}
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    file = tmp_path / "calls"
    file.write_text("")
    return file


@pytest.fixture(scope="module")
def hanging(aws: Aws) -> str:
    """The branch, whose watermark has two seconds."""
    branch = branch_with(aws, {"watermark": CODE}, "timeouts")
    branch["States"]["Watermark"]["TimeoutSeconds"] = 2
    return machine(aws, branch["States"], branch["StartAt"])


def table(calls: Path, hangs: int) -> dict[str, Any]:
    return {"table": {"table_name": "t", "spec": {"calls": str(calls), "hangs": hangs}}, "execution": "e"}


def timeouts(aws: Aws, execution_arn: str) -> list[tuple[str, str]]:
    """Error and cause of each attempt at a function that failed; there is no lease to release."""
    failed = [found for event in events(aws, execution_arn) if (found := event.get("taskFailedEventDetails"))]
    failed = [one for one in failed if not one["error"].startswith("DynamoDB.")]
    return [(one["error"], one.get("cause", "")) for one in failed]


def test_a_function_that_hung_once_is_called_again(aws: Aws, hanging: str, calls: Path) -> None:
    ran = run(aws, hanging, table(calls, hangs=1))
    assert ran.output["status"] == "IDLE"
    assert timeouts(aws, ran.arn)
    assert len(calls.read_text()) > 1


def test_a_function_that_always_hangs_leaves_a_dead_letter_that_says_where_to_look(
    aws: Aws, hanging: str, calls: Path
) -> None:
    ran = run(aws, hanging, table(calls, hangs=ATTEMPTS))
    assert (ran.output["status"], ran.output["error"]) == ("FAILED", f"States.Timeout: {NO_MESSAGE}")
    assert timeouts(aws, ran.arn) == [("States.Timeout", "")] * ATTEMPTS
    queue = aws.client("sqs")
    url = queue.get_queue_url(QueueName="timeouts")["QueueUrl"]
    [message] = queue.receive_message(QueueUrl=url)["Messages"]
    letter = json.loads(message["Body"])
    assert (letter["state"], letter["error"], letter["message"]) == ("Watermark", "States.Timeout", NO_MESSAGE)

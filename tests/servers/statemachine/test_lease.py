"""The lease of a table: of two executions one reads it, whatever became of its former holder."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.aws.server import ACCOUNT, REGION, Aws
from tests.servers.statemachine.branch import STEPS, branch_with
from tests.support.workflows import Run, ended, events, machine

QUEUE = "leasing"
LEASES = f"{QUEUE}-leases"
FORGOTTEN = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m-none/EachTable:5f3e"
CODE = """
import pathlib, time

BOUNDS = {"status": "NEW", "more": False, "started_at": 0, "slices": [{}]}
RETURNS = {
    "replay": {"bounds": BOUNDS, "batch": {"rows": 1}, "load": {"status": "LOADED"}},
    "export": {"rows": 1, "bytes": 1, "files": [], "wait_seconds": 1},
    "await_load": {"load": {"status": "LOADED"}},
    "merge": {"merge": {"status": "MERGED"}},
}

def handler_of(step):
    return lambda event, _context: RETURNS[step]

globals().update({f"handle_{step}": handler_of(step) for step in RETURNS})

def handle_watermark(event, _context):
    return {"bounds": {**BOUNDS, "status": event["table"]["spec"].get("status", "NEW")}}

def handle_schema(event, _context):
    spec = event["table"]["spec"]
    if "arrived" in spec:
        arrived = pathlib.Path(spec["arrived"])
        arrived.write_text(arrived.read_text() + "." if arrived.exists() else ".")
        while not pathlib.Path(spec["go"]).exists():
            time.sleep(0.02)
    if spec.get("fails"):
        raise RuntimeError("it broke")
    return {"schema": {}}

def handle_reconcile(event, _context):
    return {"result": {"table_name": event["table"]["table_name"]}}
"""


class Leasing:
    """Executions of one table, which wait in Schema until they may go on."""

    def __init__(self, aws: Aws, machine_arn: str, folder: Path) -> None:
        self.aws, self.machine_arn, self.folder = aws, machine_arn, folder
        self.table = folder.name
        self.states, self.dynamodb = aws.client("stepfunctions"), aws.client("dynamodb")

    def start(self, *, waits: bool = False, **spec: Any) -> str:
        if waits:
            spec |= {"arrived": str(self.folder / "arrived"), "go": str(self.folder / "go")}
        replay = {"replay": True} if spec.pop("replay", False) else {}
        table = {"table_name": self.table, "spec": spec, **replay}
        given = json.dumps({"table": table, "execution": "e"})
        return str(self.states.start_execution(stateMachineArn=self.machine_arn, input=given)["executionArn"])

    def run(self, **spec: Any) -> Run:
        return ended(self.aws, self.start(**spec))

    def arrived(self, executions: int = 1) -> None:
        began = time.monotonic()
        while not (file := self.folder / "arrived").exists() or len(file.read_text()) < executions:
            assert time.monotonic() - began < 20, "nobody arrived in Schema"
            time.sleep(0.02)

    def go(self) -> None:
        (self.folder / "go").touch()

    def hold(self, holder: str) -> None:
        self.dynamodb.put_item(TableName=LEASES, Item={"table_name": {"S": self.table}, "holder": {"S": holder}})

    @property
    def holder(self) -> str | None:
        found = self.dynamodb.get_item(TableName=LEASES, Key={"table_name": {"S": self.table}}).get("Item")
        return found["holder"]["S"] if found else None


@pytest.fixture(scope="session")
def branch(aws: Aws) -> str:
    states = branch_with(aws, dict.fromkeys(STEPS, CODE), QUEUE)
    return machine(aws, states["States"], states["StartAt"])


@pytest.fixture
def leasing(aws: Aws, branch: str, tmp_path: Path) -> Leasing:
    return Leasing(aws, branch, tmp_path)


def test_a_table_that_another_execution_reads_is_busy(leasing: Leasing) -> None:
    first = leasing.start(waits=True)
    leasing.arrived()
    assert leasing.holder == first
    second = leasing.run()
    assert second.output == {"table_name": leasing.table, "status": "BUSY", "holder": first}
    leasing.go()
    assert ended(leasing.aws, first).output["status"] == "LOADED"
    assert leasing.holder is None


def stopped(leasing: Leasing) -> None:
    first = leasing.start(waits=True)
    leasing.arrived()
    leasing.states.stop_execution(executionArn=first)
    leasing.go()
    assert leasing.holder == first


def forgotten(leasing: Leasing) -> None:
    leasing.hold(FORGOTTEN)


@pytest.mark.parametrize("dead", [stopped, forgotten])
def test_the_lease_of_a_dead_holder_is_taken_over(leasing: Leasing, dead: Callable[[Leasing], None]) -> None:
    dead(leasing)
    assert leasing.run().output["status"] == "LOADED"
    assert leasing.holder is None


def test_of_two_executions_one_takes_over_from_a_dead_holder(leasing: Leasing) -> None:
    leasing.hold(FORGOTTEN)
    started = [leasing.start(waits=True) for _ in range(2)]
    leasing.arrived()
    time.sleep(1)
    leasing.go()
    assert sorted(ended(leasing.aws, one).output["status"] for one in started) == ["BUSY", "LOADED"]


def test_an_idle_table_takes_no_lease(leasing: Leasing) -> None:
    leasing.hold(FORGOTTEN)
    ran = leasing.run(status="IDLE")
    assert ran.output["status"] == "IDLE"
    assert not [event for event in events(leasing.aws, ran.arn) if "dynamodb" in json.dumps(event, default=str)]
    assert leasing.holder == FORGOTTEN


def test_a_table_that_failed_gives_its_lease_back(leasing: Leasing) -> None:
    assert leasing.run(fails=True).output["status"] == "FAILED"
    assert leasing.holder is None


def test_a_replay_takes_no_lease_since_no_run_would_repeat_it(leasing: Leasing) -> None:
    leasing.hold(first := leasing.start(waits=True))
    leasing.arrived()
    assert leasing.run(replay=True).output["status"] == "LOADED"
    assert leasing.holder == first
    leasing.go()
    ended(leasing.aws, first)


def test_a_table_is_read_without_a_lease_where_dynamodb_does_not_answer(aws: Aws, tmp_path: Path) -> None:
    states = branch_with(aws, dict.fromkeys(STEPS, CODE), "unanswered")
    aws.client("dynamodb").delete_table(TableName="unanswered-leases")
    leasing = Leasing(aws, machine(aws, states["States"], states["StartAt"]), tmp_path)
    # After its retries, and those of the release.
    assert ended(aws, leasing.start(), 120).output["status"] == "LOADED"


def test_an_execution_whose_lease_was_lost_leaves_the_others_alone(leasing: Leasing) -> None:
    first = leasing.start(waits=True)
    leasing.arrived()
    leasing.hold(FORGOTTEN)
    leasing.go()
    assert ended(leasing.aws, first).output["status"] == "LOADED"
    assert leasing.holder == FORGOTTEN

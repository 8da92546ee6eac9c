"""The stand-in as a server with S3 and SQS behind it, and its state without a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.processes import free_port
from local.snowflake.session.session import Session
from local.snowflake.state import State
from tests.standin.snowflake.account import BUCKET, PASSWORD, USER, Account

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result"))


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("snowflake")
    aws_port, port = free_port(), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    aws = _start([str(Path(sys.executable).with_name("ministack"))], folder / "aws.log",
                 {**clean, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(aws_port)})  # fmt: skip
    endpoint = f"http://127.0.0.1:{aws_port}"
    session = boto3.Session("test", "test", region_name="eu-central-1")
    s3, sqs = (session.client(name, endpoint_url=endpoint) for name in ("s3", "sqs"))
    _wait(
        lambda: s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}), aws
    )
    queue_url = sqs.create_queue(QueueName="snowpipe")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    command = [sys.executable, "-m", "local.snowflake", "--port", str(port), "--user", USER, "--s3-endpoint", endpoint,
               "--region", "eu-central-1", "--queue-url", queue_url]  # fmt: skip
    server = _start(command, folder / "snowflake.log", {**clean, **keys, "SNOWFLAKE_PASSWORD": PASSWORD})
    account = Account(port, s3, sqs, queue_url)
    _wait(lambda: account.connect(login_timeout=1).close(), server)
    yield account
    for process in (server, aws):
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM)
    assert server.returncode == 0
    log = (folder / "snowflake.log").read_text()
    assert PASSWORD not in log
    assert "Traceback" not in log, log


@pytest.fixture
def connection(account: Account) -> Iterator[Any]:
    connection = account.connect()
    yield connection
    connection.close()


@pytest.fixture
def database(connection: Any) -> str:
    """A new database with a schema S, in use."""
    name = f"DB{next(_numbers)}"
    for statement in (f"CREATE DATABASE {name}", f"CREATE SCHEMA {name}.S", f"USE SCHEMA {name}.S"):
        connection.cursor().execute(statement)
    return name


@pytest.fixture(scope="session")
def state() -> State:
    return State(lock_timeout_seconds=20)


@pytest.fixture
def session(state: State) -> Iterator[Session]:
    """A session in a schema S of a database D, both new."""
    session = state.session(None, None)
    for statement in ("CREATE DATABASE D", "CREATE SCHEMA D.S", "USE SCHEMA D.S"):
        session.execute(statement)
    yield session
    session.rollback()
    session.execute("DROP DATABASE IF EXISTS D")
    session.close()


def _start(command: list[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as stream:
        return subprocess.Popen(command, env=environment, stdout=stream, stderr=subprocess.STDOUT)


def _wait(ready: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            ready()
            return
        except Exception:
            assert process.poll() is None, "the server ended"
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)

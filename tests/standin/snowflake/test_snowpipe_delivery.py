"""A message leaves the queue only after its files were handled."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.snowflake.pipes.pipe import StagedFile
from local.snowflake.pipes.snowpipe import Snowpipe
from tests.standin.snowflake.account import eventually
from tests.standin.snowflake.test_snowpipe import FORMAT

EVENT = {
    "eventName": "ObjectCreated:Put",
    "s3": {"bucket": {"name": "b"}, "object": {"key": "t/run+1%2B.csv", "size": 4}},
}


class Queue:
    def __init__(self, *bodies):
        self.waiting = [{"Body": body, "ReceiptHandle": f"r{number}"} for number, body in enumerate(bodies)]
        self.log = []

    def receive_message(self, **_):
        return {"Messages": [self.waiting.pop(0)]} if self.waiting else {}

    def delete_message(self, ReceiptHandle, **_):  # noqa: N803 -- boto3 names its arguments so
        self.log.append(("deleted", ReceiptHandle))

    def change_message_visibility(self, ReceiptHandle, **_):  # noqa: N803 -- boto3 names its arguments so
        self.log.append(("again", ReceiptHandle))


class Store:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.keys = []

    def download_file(self, _, key, path):
        self.keys.append(key)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        Path(path).write_bytes(answer)


@pytest.fixture
def run(state, session):
    session.execute(f"CREATE FILE FORMAT FF {FORMAT}")
    session.execute("CREATE STAGE STAGE URL = 's3://b/'")
    session.execute("CREATE TABLE T (A VARCHAR, B VARCHAR)")
    session.execute("CREATE PIPE P AS COPY INTO T FROM @STAGE/t/ FILE_FORMAT = (FORMAT_NAME = 'FF')")
    started = []

    def start(queue, store):
        started.append(Snowpipe(state.pipes, state.session(None, None), store, queue, "url"))
        started[-1].start()
        return lambda sql: session.execute(sql).table.to_pylist()

    yield start
    for snowpipe in started:
        snowpipe.stop()


def test_an_unreadable_file_is_delivered_again(run):
    body = json.dumps({"Records": [EVENT]})
    queue = Queue(body, body)
    store = Store(EndpointConnectionError(endpoint_url="http://s3"), b"1,2\n")
    read = run(queue, store)
    eventually(lambda: len(queue.log) == 2)
    assert queue.log == [("again", "r0"), ("deleted", "r1")]
    assert store.keys == ["t/run 1+.csv"] * 2
    assert read("SELECT * FROM T") == [{"A": "1", "B": "2"}]


def test_a_missing_file_is_a_failed_load(run):
    queue = Queue(json.dumps({"Records": [EVENT]}))
    read = run(queue, Store(ClientError({"Error": {"Code": "404"}}, "HeadObject")))
    eventually(lambda: queue.log == [("deleted", "r0")])
    (row,) = read(
        "SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
        "START_TIME => '2000-01-01'::TIMESTAMP_TZ))"
    )
    assert (row["STATUS"], row["FIRST_ERROR_MESSAGE"]) == (
        "Load failed",
        "Remote file 's3://b/t/run 1+.csv' was not found.",
    )


def test_a_message_with_a_file_that_failed_in_transit_is_kept_whole(run):
    second = json.loads(json.dumps(EVENT).replace("run+1", "run+2"))
    queue = Queue(json.dumps({"Records": [EVENT, second]}))
    read = run(queue, Store(b"1,2\n", EndpointConnectionError(endpoint_url="http://s3")))
    eventually(lambda: queue.log == [("again", "r0")])
    assert read("SELECT * FROM T") == [{"A": "1", "B": "2"}]


@pytest.mark.parametrize("fails", [False, True], ids=["finishes", "fails in transit"])
def test_a_load_that_a_replace_meets_is_whole_and_single(run, state, fails):
    """A refresh of the new pipe while the old one still loads finds the file unloaded, and must not load it again."""
    body = json.dumps({"Records": [EVENT]})
    queue = Queue(body)
    entered, released = threading.Event(), threading.Event()

    def slowly():
        entered.set()
        assert released.wait(10)
        if fails:
            raise EndpointConnectionError(endpoint_url="http://s3")
        return b"1,2\n3,4\n"

    store = Store(slowly, b"1,2\n3,4\n", b"5,6\n")
    read = run(queue, store)
    assert entered.wait(10)
    read("CREATE OR REPLACE PIPE P AS COPY INTO T FROM @STAGE/t/ FILE_FORMAT = (FORMAT_NAME = 'FF')")
    staged = StagedFile("b", "t/run 1+.csv", 8, datetime.now(UTC))
    state.pipes.list_stage = lambda _: [staged]
    assert read("ALTER PIPE P REFRESH") == [{"File": "t/run 1+.csv", "Status": "SENT"}]
    released.set()
    eventually(lambda: queue.log == [("again" if fails else "deleted", "r0")])
    queue.waiting.append({"Body": body.replace("run+1", "run+2"), "ReceiptHandle": "r1"})
    if not fails:
        store.answers.pop(0)
    eventually(lambda: ("deleted", "r1") in queue.log)
    assert read("SELECT * FROM T ORDER BY A") == [{"A": a, "B": b} for a, b in ("12", "34", "56")]
    history = "INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', START_TIME => '2000-01-01'::TIMESTAMP_TZ)"
    assert [row["FILE_NAME"] for row in read(f"SELECT FILE_NAME FROM TABLE({history}) ORDER BY 1")] == [
        "run 1+.csv", "run 2+.csv"]  # fmt: skip

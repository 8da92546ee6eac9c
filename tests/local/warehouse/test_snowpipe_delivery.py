"""A message leaves the queue only after its files were handled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.warehouse.snowpipe import Snowpipe
from tests.local.warehouse.account import eventually
from tests.local.warehouse.test_snowpipe import FORMAT

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

    def delete_message(self, ReceiptHandle, **_):  # noqa: N803
        self.log.append(("deleted", ReceiptHandle))

    def change_message_visibility(self, ReceiptHandle, **_):  # noqa: N803
        self.log.append(("again", ReceiptHandle))


class Store:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.keys = []

    def download_file(self, _, key, path):
        self.keys.append(key)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        Path(path).write_bytes(answer)


@pytest.fixture
def run(warehouse, session):
    session.execute(f"CREATE FILE FORMAT FF {FORMAT}")
    session.execute("CREATE STAGE STAGE URL = 's3://b/'")
    session.execute("CREATE TABLE T (A VARCHAR, B VARCHAR)")
    session.execute("CREATE PIPE P AS COPY INTO T FROM @STAGE/t/ FILE_FORMAT = (FORMAT_NAME = 'FF')")
    started = []

    def start(queue, store):
        started.append(Snowpipe(warehouse, store, queue, "url"))
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

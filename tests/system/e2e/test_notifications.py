"""What a subscriber of the topic reads when an execution does not succeed."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.support.laptop import Laptop


class Subscriber:
    """A queue that is subscribed to the deployed topic."""

    def __init__(self, laptop: Laptop) -> None:
        self._queue, self._topics = laptop.aws.client("sqs"), laptop.aws.client("sns")
        self._url = self._queue.create_queue(QueueName="subscriber")["QueueUrl"]
        attributes = self._queue.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": attributes["QueueArn"],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._queue.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        arns = [topic["TopicArn"] for topic in self._topics.list_topics()["Topics"]]
        [topic] = [arn for arn in arns if arn.endswith("-failures")]
        subscription = self._topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        self._subscription = subscription["SubscriptionArn"]

    def read(self, expected: int) -> list[str]:
        """The messages that have come, once there are as many as expected, or after ten seconds."""
        found: list[str] = []
        deadline = time.monotonic() + 10
        while len(found) < expected and time.monotonic() < deadline:
            answer = self._queue.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"])["Message"])
                self._queue.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def leave(self) -> None:
        self._topics.unsubscribe(SubscriptionArn=self._subscription)
        self._queue.delete_queue(QueueUrl=self._url)


@pytest.fixture
def subscriber(laptop: Laptop) -> Iterator[Subscriber]:
    made = Subscriber(laptop)
    yield made
    made.leave()


def test_a_failed_table_is_told_and_so_is_the_execution_with_a_link_and_what_to_do(
    laptop: Laptop, subscriber: Subscriber
) -> None:
    table = f"{laptop.new_schema()}.gone"
    laptop.configure([{"table_name": table, "watermark_type": "xmin"}])
    failed = laptop.run()
    name = failed.execution_arn.rpartition(":")[2]
    messages = subscriber.read(2)
    [summary] = [one for one in messages if table in one]
    [event] = [one for one in messages if one != summary]
    assert failed.execution_arn in summary
    assert f"Execution {name} of aurora-snowflake-sync ended as FAILED." in event
    console = "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1"
    assert f"{console}#/v2/executions/details/{failed.execution_arn}" in event
    assert "Redrive" in event


def test_an_execution_without_a_table_is_told_though_nobody_writes_a_summary(
    laptop: Laptop, subscriber: Subscriber
) -> None:
    failed = laptop.run()
    assert failed.status == "FAILED"
    [event] = subscriber.read(1)
    assert "ended as FAILED" in event


def test_an_execution_that_succeeds_is_not_told(laptop: Laptop, subscriber: Subscriber) -> None:
    table = f"{laptop.new_schema()}.fine"
    laptop.sql(f"CREATE TABLE {table} (id integer PRIMARY KEY)")
    laptop.configure([{"table_name": table, "watermark_type": "xmin"}])
    assert laptop.run().succeeded
    assert subscriber.read(1) == []

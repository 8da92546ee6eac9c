"""The queue of the bucket's events; on AWS it is Snowflake's, here the stand-in reads it."""

import json
from dataclasses import dataclass

from local.aws.server import ACCOUNT, Aws

QUEUE_NAME = "snowpipe"


@dataclass(frozen=True)
class Queue:
    """An SQS queue."""

    url: str
    arn: str


def queue_arn(region: str, name: str = QUEUE_NAME) -> str:
    """The ARN, known before the queue exists."""
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"


def create_snowpipe_queue(aws: Aws) -> Queue:
    """Creates the queue, which any S3 bucket may send to."""
    arn = queue_arn(aws.region)
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    created = aws.client("sqs").create_queue(QueueName=QUEUE_NAME, Attributes={"Policy": policy})
    return Queue(str(created["QueueUrl"]), arn)

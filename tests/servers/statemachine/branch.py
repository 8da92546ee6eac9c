"""The branch of the definition that every table runs by, on the laptop's AWS, between functions of a test's own."""

from collections.abc import Mapping
from typing import Any

from local.aws.server import Aws
from tests.support.definition import filled
from tests.support.workflows import function

STEPS = ("replay", "watermark", "schema", "export", "await_load", "merge", "reconcile")


def branch_with(aws: Aws, code: Mapping[str, str], dead_letters: str) -> dict[str, Any]:
    """The branch's states. ``code`` is by step, each with a function ``handle_<step>``.

    The queue and the table of leases are made here.
    """
    names = {
        step.title().replace("_", "") + "Function": function(aws, text, handler=f"main.handle_{step}")
        for step, text in code.items()
    }
    names["DeadLetterQueueUrl"] = aws.client("sqs").create_queue(QueueName=dead_letters)["QueueUrl"]
    names["LeaseTable"] = f"{dead_letters}-leases"
    aws.client("dynamodb").create_table(
        TableName=names["LeaseTable"],
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "table_name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "table_name", "AttributeType": "S"}],
    )
    branch: dict[str, Any] = filled(names)["States"]["Each table"]["ItemProcessor"]
    return branch

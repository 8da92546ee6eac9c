"""Dead-letter queues: of tables that failed, and of starts that the scheduler could not make."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct


def dead_letter_queue(scope: Construct, construct_id: str, *, queue_name: str) -> sqs.Queue:
    """An encrypted, TLS-only queue that keeps its messages for 14 days, as long as a run can be redriven."""
    return sqs.Queue(
        scope,
        construct_id,
        queue_name=queue_name,
        retention_period=Duration.days(14),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
    )

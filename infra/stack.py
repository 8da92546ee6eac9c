"""The stack: constructs put together, nothing else."""

from pathlib import Path

from aws_cdk import Annotations, CfnOutput, Stack
from constructs import Construct

from infra.alarms import SyncAlarms
from infra.bundling import Bundler
from infra.dead_letter import dead_letter_queue
from infra.functions import SyncFunctions
from infra.notifications import Notifications
from infra.parameters import TableParameters
from infra.schedule import SyncSchedule
from infra.settings import EXAMPLE_VAULT_URL, Settings
from infra.storage import Staging
from infra.workflow import SyncWorkflow

ROOT = Path(__file__).resolve().parent.parent


class SyncStack(Stack):
    """Everything in one stack without an account or a region, so that synthesis looks nothing up."""

    def __init__(self, scope: Construct, settings: Settings, *, root: Path = ROOT) -> None:
        super().__init__(
            scope, settings.stack_name, description="Copies Aurora PostgreSQL tables into Snowflake on a schedule."
        )
        staging = Staging(self, "Staging", snowpipe_queue_arn=settings.snowpipe_queue_arn)
        parameters = TableParameters(self, "Parameters", prefix=settings.parameter_prefix)
        dead_letters = dead_letter_queue(self, "DeadLetters", queue_name=f"{settings.stack_name}-dead-letters")
        notifications = Notifications(
            self, "Notifications", topic_name=f"{settings.stack_name}-failures", email=settings.notification_email
        )
        functions = SyncFunctions(
            self,
            "Functions",
            settings=settings,
            bundler=Bundler(root, python=settings.lambda_python, architecture=settings.lambda_architecture),
            parameters=parameters,
            staging_bucket_name=staging.bucket.bucket_name,
        )
        workflow = SyncWorkflow(
            self,
            "Workflow",
            settings=settings,
            definition=root / "statemachine" / "sync.asl.json",
            functions=functions.functions,
            dead_letters=dead_letters,
            topic=notifications.topic,
        )
        SyncSchedule(self, "Schedule", settings=settings, state_machine=workflow.state_machine)
        SyncAlarms(self, "Alarms", stack_name=settings.stack_name, topic=notifications.topic)

        if settings.vault_url == EXAMPLE_VAULT_URL:
            Annotations.of(self).add_warning_v2(
                "aurora-snowflake-sync:vaultUrl",
                "vault_url is still the example of cdk.json: set your Vault's address there or with -c vault_url=...",
            )
        CfnOutput(self, "StateMachineArn", value=workflow.state_machine.state_machine_arn)
        CfnOutput(self, "StagingBucketName", value=staging.bucket.bucket_name)
        CfnOutput(self, "DeadLetterQueueUrl", value=dead_letters.queue_url)
        CfnOutput(self, "TopicArn", value=notifications.topic.topic_arn)
        CfnOutput(self, "ParameterPrefix", value=parameters.prefix)

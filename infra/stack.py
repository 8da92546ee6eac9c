"""The stack: connects the constructs."""

from pathlib import Path

from aws_cdk import Stack
from constructs import Construct

from infra.constructs.data_roles import DataRoles
from infra.constructs.dead_letter import dead_letter_queue
from infra.constructs.functions import SyncFunctions
from infra.constructs.names import export_role_arn, role_arn, workflow_role
from infra.constructs.network.network import Network
from infra.constructs.notifications import Notifications
from infra.constructs.parameters import TableParameters
from infra.constructs.schedule import SyncSchedule
from infra.constructs.snowflake_login import SnowflakeLogin
from infra.constructs.storage import Staging
from infra.constructs.workflow import SyncWorkflow
from infra.package.bundling import Bundler
from infra.review.acknowledgements import acknowledge
from infra.review.guidance import Guidance
from infra.settings.settings import Settings
from infra.settings.staging_names import read_role
from infra.watch.alarms import SyncAlarms
from infra.watch.dashboard import SyncDashboard
from infra.watch.execution_alarms import execution_alarms
from infra.watch.failure_events import FailureEvents
from infra.watch.function_alarms import function_alarms

ROOT = Path(__file__).resolve().parent.parent


class SyncStack(Stack):
    """Everything in one stack without an account or a region, so that synthesis looks nothing up."""

    def __init__(self, scope: Construct, settings: Settings, *, root: Path = ROOT) -> None:
        super().__init__(
            scope, settings.stack_name, description="Copies Aurora PostgreSQL tables into Snowflake on a schedule."
        )
        writer_arn = export_role_arn(self, settings) if settings.aurora_cluster_arn else ""
        reader_arn = role_arn(self, read_role(settings)) if settings.snowflake_iam_user_arn else ""
        staging = Staging(self, "Staging", settings=settings, writer_arn=writer_arn, reader_arn=reader_arn)
        DataRoles(self, "DataRoles", settings=settings, bucket=staging.bucket, key=staging.key)
        network = None
        if settings.network != "none":
            network = Network(
                self, "Network", settings=settings, bucket_arn=staging.bucket.bucket_arn, writer_arn=writer_arn
            )
        parameters = TableParameters(self, settings.parameter_prefix)
        dead_letters = dead_letter_queue(self, "DeadLetters", queue_name=f"{settings.stack_name}-dead-letters")
        notifications = Notifications(
            self,
            "Notifications",
            settings=settings,
            publisher_arn=role_arn(self, workflow_role(settings)),
        )
        functions = SyncFunctions(
            self,
            "Functions",
            settings=settings,
            bundler=Bundler(root, python=settings.lambda_python, architecture=settings.lambda_architecture),
            parameters=parameters,
            staging_bucket=staging.bucket,
            placement=network.placement if network else None,
        )
        if network:
            network.outlived_by(functions.roles)
        if settings.snowflake_login == "workload_identity":
            SnowflakeLogin(self, "SnowflakeLogin", settings=settings, functions=functions)
        workflow = SyncWorkflow(
            self,
            "Workflow",
            settings=settings,
            definition=root / "statemachine" / "sync.asl.yaml",
            functions=functions.functions,
            dead_letters=dead_letters,
            topic=notifications.topic,
            topic_key=notifications.key,
        )
        machine = workflow.state_machine
        schedule = SyncSchedule(self, "Schedule", settings=settings, state_machine=machine)
        alarms = SyncAlarms(
            self,
            "Alarms",
            settings=settings,
            topic=notifications.topic,
            specs=[
                *function_alarms(settings),
                *execution_alarms(settings, machine, dead_letters, schedule.missed),
            ],
        )
        FailureEvents(self, "FailureEvents", settings=settings, state_machine=machine, topic=notifications.topic)
        SyncDashboard(
            self,
            "Dashboard",
            settings=settings,
            state_machine=machine,
            functions=functions.functions,
            queues=[dead_letters, schedule.missed],
            alarms=alarms.alarms,
        )

        acknowledge(self, settings, self.get_logical_id(staging.resource))

        guidance = Guidance(self, settings)
        guidance.warn()
        guidance.output("StateMachineArn", machine.state_machine_arn)
        guidance.output("StagingBucketName", staging.bucket.bucket_name)
        guidance.output("DeadLetterQueueUrl", dead_letters.queue_url)
        guidance.output("TopicArn", notifications.topic.topic_arn)
        guidance.output("ParameterPrefix", parameters.prefix)
        guidance.output_next_steps(functions, network)

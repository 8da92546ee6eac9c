"""Alarms on the functions' metrics, each with what to do about it in its description."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

_PERIOD = Duration.minutes(5)


@dataclass(frozen=True)
class AlarmSpec:
    """An alarm on the sum of a metric of one function over all tables: it rings where that is over `threshold`."""

    name: str
    function: str
    metric: str
    description: str
    threshold: float = 0

    @property
    def construct_id(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("-"))


ALARMS = (
    AlarmSpec(
        "quarantined-rows",
        function="merge",
        metric="RowsQuarantined",
        description="Rows hold values that FINAL cannot hold; they are listed, with the columns, in CONTROL.QUARANTINE "
        "and in the execution's results. Mend the cause (set on_unrepresentable to text for the column, or correct the "
        'rows in Aurora), run the table, then start an execution with {"tables": ["schema.table"], "replay": true}.',
    ),
    AlarmSpec(
        "refused-files",
        function="await-load",
        metric="FilesRefused",
        description="Snowpipe refused files, so nothing of their batch was merged; CONTROL.QUARANTINE lists them with "
        "the line and the error where RAW is NULL. Mend the cause, then redrive the execution: the table is exported "
        "again, and its next merge takes the files off the list.",
    ),
)


class SyncAlarms(Construct):
    """The alarms; each tells the topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack_name: str,
        topic: sns.Topic,
        alarms: Sequence[AlarmSpec] = ALARMS,
    ) -> None:
        super().__init__(scope, construct_id)
        _let_alarms_publish(topic)
        for spec in alarms:
            # Each metric is written once by table and once over all of them; the latter has the function alone.
            metric = cloudwatch.Metric(
                namespace=stack_name,
                metric_name=spec.metric,
                dimensions_map={"service": spec.function},
                statistic=cloudwatch.Stats.SUM,
                period=_PERIOD,
            )
            alarm = metric.create_alarm(
                self,
                spec.construct_id,
                alarm_name=f"{stack_name}-{spec.name}",
                alarm_description=spec.description,
                threshold=spec.threshold,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                evaluation_periods=1,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(topic))


def _let_alarms_publish(topic: sns.Topic) -> None:
    """A topic with a policy of its own no longer has the default one, by which alarms of the account may publish."""
    stack = Stack.of(topic)
    alarms = stack.format_arn(
        service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AllowCloudWatchAlarms",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": alarms}},
        )
    )

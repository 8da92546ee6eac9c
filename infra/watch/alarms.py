"""Alarms that publish to the topic; the description of each is what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings.settings import Settings


@dataclass(frozen=True)
class AlarmSpec:
    """Rings when the metric is over `threshold` in one of its periods.

    With `absence` it rings when the metric has no value in that many periods in a row. Where it `stays` it keeps its
    state while the metric has none: SQS stops measuring a queue that nobody touched for six hours. `todo` is what to
    do, in one or two sentences; `page` is the documentation with the details.
    """

    name: str
    metric: cloudwatch.Metric
    todo: str
    page: str
    threshold: float = 0
    absence: int = 0
    stays: bool = False

    @property
    def construct_id(self) -> str:
        """The name in CamelCase."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def description(self) -> str:
        """The alarm's text in CloudWatch and in its message."""
        return f"{self.todo} More: {self.page}"


class SyncAlarms(Construct):
    """The alarms; `alarms` are for the dashboard."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        topic: sns.Topic,
        specs: Iterable[AlarmSpec],
    ) -> None:
        super().__init__(scope, construct_id)
        _let_alarms_publish(topic)
        self.alarms = [self._alarm(spec, settings) for spec in specs]
        for alarm in self.alarms:
            alarm.add_alarm_action(actions.SnsAction(topic))

    def _alarm(self, spec: AlarmSpec, settings: Settings) -> cloudwatch.Alarm:
        over = cloudwatch.ComparisonOperator
        return spec.metric.create_alarm(
            self,
            spec.construct_id,
            alarm_name=f"{settings.stack_name}-{spec.name}",
            alarm_description=spec.description,
            threshold=1 if spec.absence else spec.threshold,
            comparison_operator=over.LESS_THAN_THRESHOLD if spec.absence else over.GREATER_THAN_THRESHOLD,
            evaluation_periods=spec.absence or 1,
            treat_missing_data=_missing(spec),
        )


def _missing(spec: AlarmSpec) -> cloudwatch.TreatMissingData:
    if spec.stays:
        return cloudwatch.TreatMissingData.IGNORE
    return cloudwatch.TreatMissingData.BREACHING if spec.absence else cloudwatch.TreatMissingData.NOT_BREACHING


def _let_alarms_publish(topic: sns.Topic) -> None:
    """A topic with an explicit policy does not have the default one, by which alarms of the account may publish."""
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

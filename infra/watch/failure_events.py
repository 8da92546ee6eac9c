"""A message to the topic for each execution that did not succeed, whatever ended it."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.settings.settings import Settings

_UNSUCCESSFUL = ["FAILED", "TIMED_OUT", "ABORTED"]


class FailureEvents(Construct):
    """The rule. Child executions of the Map have another state machine's ARN, so they send no message."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        state_machine: sfn.StateMachine,
        topic: sns.Topic,
    ) -> None:
        super().__init__(scope, construct_id)
        # By its ARN, so that the target adds nothing to the policies of topic and key, which name who may publish.
        target = sns.Topic.from_topic_arn(self, "Topic", topic.topic_arn)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowEventRules",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
            )
        )
        events.Rule(
            self,
            "Rule",
            rule_name=f"{settings.stack_name}-unsuccessful",
            description="Tells the topic of each execution that did not succeed.",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": _UNSUCCESSFUL, "stateMachineArn": [state_machine.state_machine_arn]},
            ),
            targets=[targets.SnsTopic(target, message=events.RuleTargetInput.from_multiline_text(_text(settings)))],
        )


def _text(settings: Settings) -> str:
    field = events.EventField.from_path
    region, arn = field("$.region"), field("$.detail.executionArn")
    return "\n".join(
        (
            f"Execution {field('$.detail.name')} of {settings.stack_name} ended as {field('$.detail.status')}.",
            f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{arn}",
            "If tables failed, a message of their own names them, and each has a dead letter with what to do.",
            "Mend the causes, then choose Redrive in the console: only what did not succeed runs again.",
            "More: docs/runbook/redrive.md",
        )
    )

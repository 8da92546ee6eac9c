"""The topic that gets the failed tables and the alarms."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.keys import customer_key, used_by
from infra.settings.settings import Settings

_PUBLISHING = ["kms:Decrypt", "kms:GenerateDataKey"]
# Alarms and event rules publish under these names, not under a role; the topic's policy names which of them may.
_SERVICES = ("cloudwatch.amazonaws.com", "events.amazonaws.com")


class Notifications(Construct):
    """An encrypted, TLS-only topic with one optional reader by e-mail; `publisher_arn` is the workflow's role."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, publisher_arn: str) -> None:
        super().__init__(scope, construct_id)
        # Not AWS's own key for SNS: its policy admits neither CloudWatch nor EventBridge.
        self.key = customer_key(
            self,
            "Key",
            description=f"The messages of {settings.stack_name}",
            uses=[
                used_by([publisher_arn], actions=_PUBLISHING, through=f"sns.{Aws.REGION}.{Aws.URL_SUFFIX}"),
                # EventBridge gives KMS no source: a condition on the source would silence the rules.
                iam.PolicyStatement(
                    actions=_PUBLISHING,
                    resources=["*"],
                    principals=[iam.ServicePrincipal(service) for service in _SERVICES],
                ),
            ],
            # Messages are not kept: nothing needs the key once the topic is gone.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=f"{settings.stack_name}-failures",
            enforce_ssl=True,
            master_key=self.key,
        )
        if settings.notification_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(settings.notification_email))

"""The topic that hears which tables failed."""

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Notifications(Construct):
    """A TLS-only topic for the summary of a failed run, with one optional reader by e-mail."""

    def __init__(self, scope: Construct, construct_id: str, *, topic_name: str, email: str) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", topic_name=topic_name, enforce_ssl=True)
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

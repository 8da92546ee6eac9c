"""The removal policy of data, and the retention of logs."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.settings.settings import Settings


def removal_policy(settings: Settings) -> RemovalPolicy:
    """Whether data and logs stay when the stack is deleted; a creation that fails removes them."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if settings.retain_data else RemovalPolicy.DESTROY


def log_group(scope: Construct, construct_id: str, *, name: str, settings: Settings) -> logs.LogGroup:
    """A log group with the account's retention; CloudWatch encrypts it with AWS's key."""
    group = logs.LogGroup(scope, construct_id, log_group_name=name, removal_policy=removal_policy(settings))
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = settings.log_retention_days
    return group

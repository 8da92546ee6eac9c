"""Names that several constructs use: of functions, and of roles, which are needed before the roles exist."""

from aws_cdk import Stack
from constructs import Construct

from infra.settings.settings import Settings


def dashed(step: str) -> str:
    """The name of a function's folder as AWS names and metrics write it."""
    return step.replace("_", "-")


def role_arn(scope: Construct, name: str) -> str:
    """The ARN that a role of this name has or will have."""
    return Stack.of(scope).format_arn(service="iam", region="", resource="role", resource_name=name)


def export_role(settings: Settings) -> str:
    """The role of the stack with which Aurora writes the staging bucket."""
    return f"{settings.stack_name}-aurora-export"


def export_role_arn(scope: Construct, settings: Settings) -> str:
    """The ARN of the role with which Aurora writes the staging bucket: the cluster's, or the stack's own."""
    return settings.aurora_export_role_arn or role_arn(scope, export_role(settings))


def workflow_role(settings: Settings) -> str:
    """The role of the state machine."""
    return f"{settings.stack_name}-workflow"

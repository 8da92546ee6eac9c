"""Findings of the template's checks that are intended, each with its reason; any other finding ends the synthesis."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Acknowledgment, CfnResource, Stack, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import IConstruct

from infra.settings.settings import Settings

_ARN = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"


@dataclass(frozen=True)
class Acknowledged:
    """A cdk-nag finding on everything below one construct, given by its path in the stack."""

    path: str
    finding: str
    reason: str


def acknowledged(settings: Settings, staging_bucket: str) -> Iterator[Acknowledged]:
    """Every acknowledged finding of cdk-nag; `staging_bucket` is the bucket's logical id."""
    yield from _of_functions(settings)
    yield from _of_workflow(settings)
    for path, made in (
        ("DataRoles/AuroraExport", settings.aurora_cluster_arn and not settings.aurora_export_role_arn),
        ("DataRoles/SnowflakeRead", settings.snowflake_iam_user_arn),
    ):
        if made:
            yield _wildcard(path, f"<{staging_bucket}.Arn>/*", "The bucket holds the staged files and nothing else.")
    for path in ("DeadLetters", "Schedule/MissedStarts"):
        yield Acknowledged(path, "AwsSolutions-SQS3", "This is a dead-letter queue.")


def _of_functions(settings: Settings) -> Iterator[Acknowledged]:
    tables = _ARN.format("ssm", f"parameter{settings.parameter_prefix}/tables/*")
    yield _wildcard("Functions", tables, "A table may have a parameter of its own, named when the table is added.")
    if settings.tracing or settings.network != "none":
        yield _wildcard("Functions", "*", "X-Ray and describing network interfaces cannot be limited to resources.")
    if settings.network != "none":
        yield _wildcard(
            "Functions",
            _ARN.format("ec2", "*/*"),
            "Lambda makes network interfaces of unforeseeable ids; the functions' own code is denied them.",
        )
        yield _wildcard(
            "Functions",
            "arn:<AWS::Partition>:ec2:<AWS::Region>:*:subnet/*",
            "A subnet may be shared by another account; the functions' own code is denied it.",
        )
    if settings.lambda_python != "3.14":
        yield Acknowledged(
            "Functions", "AwsSolutions-L1", "The runtime is the context key lambda_python: the one that is tested."
        )


def _of_workflow(settings: Settings) -> Iterator[Acknowledged]:
    yield Acknowledged("Workflow", "AwsSolutions-DDB3", "A lease whose holder does not run counts for nothing.")
    yield _wildcard("Workflow", "*", "The delivery of logs and traces cannot be limited to resources.")
    for name in (f"{settings.stack_name}:*", f"{settings.stack_name}/*"):
        children = _ARN.format("states", f"execution:{name}")
        yield _wildcard("Workflow", children, "A Distributed Map names the executions that it starts.")
    if not settings.tracing:
        yield Acknowledged("Workflow", "AwsSolutions-SF2", "Tracing is switched off by the context key tracing.")


def acknowledge(stack: Stack, settings: Settings, staging_bucket: str) -> None:
    """Acknowledges the intended findings to cdk-nag and cfn-lint."""
    for each in acknowledged(settings, staging_bucket):
        Validations.of(_find(stack, each.path)).acknowledge(Acknowledgment(id=each.finding, reason=each.reason))
    for resource in stack.node.find_all():
        if isinstance(resource, lambda_.CfnFunction | sfn.CfnStateMachine):
            _ignore_in_cfn_lint(resource)


def _ignore_in_cfn_lint(resource: CfnResource) -> None:
    # W3005: the CDK writes DependsOn beside the GetAtt that implies it.
    # E3601: cfn-lint does not accept JSONata in place of a number; tests/servers/statemachine validates the definition.
    checks = ["W3005", "E3601"] if isinstance(resource, sfn.CfnStateMachine) else ["W3005"]
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": checks}})


def _find(stack: Stack, path: str) -> IConstruct:
    found: IConstruct = stack
    for name in path.split("/"):
        found = found.node.find_child(name)
    return found


def _wildcard(path: str, resource: str, reason: str) -> Acknowledged:
    return Acknowledged(path, f"AwsSolutions-IAM5[Resource::{resource}]", reason)

"""Ways from a VPC to AWS that do not cross the internet."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

_HTTPS = 443
# Snowflake's own stages, from which its connector fetches results that are too big for an answer.
_SNOWFLAKE_RESULTS = "arn:{}:s3:::sfc-*/*"


def s3_endpoint(
    scope: Construct, *, vpc_id: str, route_table_ids: Sequence[str], bucket_arn: str, writer_arn: str
) -> ec2.CfnVPCEndpoint:
    """A gateway for all traffic to S3 of these route tables, closed to all but the sync's own.

    Aurora writes through it as `writer_arn` where it is not empty.
    """
    statements = [_anyone(["s3:GetObject"], [_SNOWFLAKE_RESULTS.format(Aws.PARTITION)])]
    if writer_arn:
        writes = _anyone(["s3:AbortMultipartUpload", "s3:PutObject"], [f"{bucket_arn}/*"])
        writes.add_condition("ArnEquals", {"aws:PrincipalArn": writer_arn})
        statements.append(writes)
    return ec2.CfnVPCEndpoint(
        scope,
        "S3",
        vpc_id=vpc_id,
        vpc_endpoint_type="Gateway",
        service_name=f"com.amazonaws.{Aws.REGION}.s3",
        route_table_ids=list(route_table_ids),
        policy_document=iam.PolicyDocument(statements=statements),
    )


def interface_endpoints(
    scope: Construct, *, services: Sequence[str], vpc_id: str, subnet_ids: Sequence[str], client_group_id: str
) -> None:
    """One private address per service for the functions, and for this account's own principals only."""
    group = ec2.CfnSecurityGroup(
        scope,
        "EndpointsGroup",
        vpc_id=vpc_id,
        group_description="AWS services, reached by the functions of aurora-snowflake-sync",
        security_group_ingress=[
            ec2.CfnSecurityGroup.IngressProperty(
                ip_protocol="tcp",
                from_port=_HTTPS,
                to_port=_HTTPS,
                source_security_group_id=client_group_id,
                description="The functions",
            )
        ],
        security_group_egress=[nothing()],
    )
    own = _anyone(["*"], ["*"])
    own.add_condition("StringEquals", {"aws:PrincipalAccount": Aws.ACCOUNT_ID})
    for service in services:
        ec2.CfnVPCEndpoint(
            scope,
            "".join(word.capitalize() for word in service.replace(".", "-").split("-")),
            vpc_id=vpc_id,
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.{Aws.REGION}.{service}",
            subnet_ids=list(subnet_ids),
            security_group_ids=[group.attr_group_id],
            private_dns_enabled=True,
            policy_document=iam.PolicyDocument(statements=[own]),
        )


def nothing() -> ec2.CfnSecurityGroup.EgressProperty:
    """The rule that keeps a group from getting EC2's default one, which lets everything out."""
    return ec2.CfnSecurityGroup.EgressProperty(
        ip_protocol="icmp",
        from_port=252,
        to_port=86,
        cidr_ip="255.255.255.255/32",
        description="Nothing leaves",
    )


def _anyone(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), principals=[iam.AnyPrincipal()])

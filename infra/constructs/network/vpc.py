"""A new VPC, for an account without one for the functions."""

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.retention import log_group
from infra.settings.settings import Settings


class OwnVpc(Construct):
    """Two zones, one NAT gateway, flow logs; `nat_address` is where all of its traffic comes from."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=settings.stack_name,
            ip_addresses=ec2.IpAddresses.cidr(settings.vpc_cidr),
            max_azs=2,
            nat_gateways=1,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ],
            # Nothing uses the default group, and emptying it takes a custom resource with a function of its own.
            restrict_default_security_group=False,
        )
        self.vpc_id = vpc.vpc_id
        self.subnets = list(vpc.private_subnets)
        self.subnet_ids = [subnet.subnet_id for subnet in vpc.private_subnets]
        self.route_table_ids = [subnet.route_table.route_table_id for subnet in vpc.private_subnets]
        address = vpc.public_subnets[0].node.find_child("EIP")
        assert isinstance(address, ec2.CfnEIP)
        self.nat_address = address.attr_public_ip
        self._log_flows(settings)

    def _log_flows(self, settings: Settings) -> None:
        group = log_group(self, "FlowLogs", name=f"/aws/vpc/{settings.stack_name}", settings=settings)
        role = iam.Role(
            self,
            "FlowLogsRole",
            role_name=f"{settings.stack_name}-flow-logs",
            assumed_by=iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={"least-privilege": iam.PolicyDocument(statements=[_write(group)])},
        )
        ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_type="VPC",
            resource_id=self.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )


def _write(group: logs.ILogGroup) -> iam.PolicyStatement:
    actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return iam.PolicyStatement(actions=actions, resources=[group.log_group_arn])

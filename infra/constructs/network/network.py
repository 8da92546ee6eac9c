"""The private subnets of the functions that hold credentials; only the traffic that they need may leave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.network.endpoints import interface_endpoints, s3_endpoint
from infra.constructs.network.vpc import OwnVpc
from infra.settings.settings import Settings

_HTTPS = 443
_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Placement:
    """Where a function in a VPC is attached."""

    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]

    @property
    def description(self) -> str:
        """For messages about what could not be reached."""
        return f"subnets {' '.join(self.subnet_ids)}, security group {' '.join(self.security_group_ids)}"


class Network(Construct):
    """Private subnets, given by their ids or made, with the security group of the functions in them.

    Open from it: HTTPS (Snowflake has no fixed addresses), Vault's port, and Aurora's port on Aurora only.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, bucket_arn: str, writer_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        own = OwnVpc(self, "Own", settings=settings) if settings.network == "new" else None
        vpc_id = own.vpc_id if own else settings.vpc_id
        subnet_ids = own.subnet_ids if own else settings.private_subnet_ids
        route_table_ids = own.route_table_ids if own else settings.route_table_ids
        self.nat_address = own.nat_address if own else ""
        group = ec2.CfnSecurityGroup(
            self,
            "FunctionsGroup",
            vpc_id=vpc_id,
            group_description=f"The functions of {settings.stack_name}",
            security_group_egress=_egress(settings),
        )
        self.group_id = group.attr_group_id
        self._holding_interfaces = [group, *(own.subnets if own else [])]
        self.placement = Placement(subnet_ids, [group.attr_group_id])
        if settings.aurora_security_group_id:
            self._admit_to_aurora(group.attr_group_id, settings)
        if route_table_ids:
            s3_endpoint(
                self, vpc_id=vpc_id, route_table_ids=route_table_ids, bucket_arn=bucket_arn, writer_arn=writer_arn
            )
        if settings.interface_endpoints:
            interface_endpoints(
                self,
                services=settings.interface_endpoints,
                vpc_id=vpc_id,
                subnet_ids=subnet_ids,
                client_group_id=group.attr_group_id,
            )

    def outlived_by(self, roles: Iterable[iam.Role]) -> None:
        """Deletes the roles last: Lambda removes its network interfaces under them, up to 45 minutes later."""
        for role in roles:
            for holding in self._holding_interfaces:
                holding.node.add_dependency(role)

    def _admit_to_aurora(self, group_id: str, settings: Settings) -> None:
        ec2.CfnSecurityGroupIngress(
            self,
            "IntoAurora",
            group_id=settings.aurora_security_group_id,
            ip_protocol="tcp",
            from_port=settings.aurora_port,
            to_port=settings.aurora_port,
            source_security_group_id=group_id,
            description=f"The functions of {settings.stack_name}",
        )


def _egress(settings: Settings) -> list[ec2.CfnSecurityGroup.EgressProperty]:
    rules = [_out(_HTTPS, "Snowflake, and AWS", cidr_ip=_ANYWHERE)]
    if settings.vault_port != _HTTPS:
        rules.append(_out(settings.vault_port, "Vault", cidr_ip=_ANYWHERE))
    if settings.aurora_security_group_id:
        aurora = settings.aurora_security_group_id
        rules.append(_out(settings.aurora_port, "Aurora", destination_security_group_id=aurora))
    elif settings.aurora_cidr:
        rules.append(_out(settings.aurora_port, "Aurora", cidr_ip=settings.aurora_cidr))
    return rules


def _out(port: int, description: str, **destination: str) -> ec2.CfnSecurityGroup.EgressProperty:
    return ec2.CfnSecurityGroup.EgressProperty(
        ip_protocol="tcp", from_port=port, to_port=port, description=description, **destination
    )

"""CloudFormation attaches a function to its subnets, if they exist and its role may make the network interfaces.

Stock ministack drops a template's VpcConfig. The function still runs on this machine, with all of its network.
"""

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, lambda_svc
from ministack.services.cloudformation import provisioners

from local.aws import permissions

# Lambda refuses a function whose role lacks one of these.
_NEEDED = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")
_KNOWN = (
    (
        "SubnetIds",
        ec2._subnets,
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
        "EC2 Error Message: The subnet ID '{}' does not exist",
    ),
    (
        "SecurityGroupIds",
        ec2._security_groups,
        "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
        "EC2 Error Message: The security group '{}' does not exist",
    ),
)


def apply() -> None:
    """Checks and keeps the VpcConfig of each function that a stack makes or updates."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handler["create"], handler["update"]

    def create_attached(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        _check(properties)
        made = create(logical_id, properties, stack_name)
        _attach(made[0], properties)
        return made

    def update_attached(function: str, before: dict[str, Any], after: dict[str, Any], *stack: str) -> Any:
        _check(after)
        made = update(function, before, after, *stack)
        _attach(made[0], after)
        return made

    handler.update(create=create_attached, update=update_attached)


def _check(properties: dict[str, Any]) -> None:
    wanted = properties.get("VpcConfig") or {}
    for kind, known, refusal in _KNOWN:
        for one in wanted.get(kind, []):
            if one not in known:
                raise ValueError(refusal.format(one))
    if wanted.get("SubnetIds"):
        for operation in _NEEDED:
            interfaces = f"arn:aws:ec2:{get_region()}:{get_account_id()}:network-interface/*"
            resource = "*" if operation.startswith("Describe") else interfaces
            if not permissions.allowed(properties["Role"], "lambda", f"ec2:{operation}", resource):
                raise ValueError(f"The provided execution role does not have permissions to call {operation} on EC2")


def _attach(function: str, properties: dict[str, Any]) -> None:
    config = lambda_svc._functions[function]["config"]
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))

"""CloudFormation makes the rest of a private network, which stock ministack has in EC2's API only.

Like all of ministack's EC2 they are records: nothing is routed or filtered, and flow logs stay empty.
"""

import re
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

Made = tuple[str, dict[str, Any]]
Properties = dict[str, Any]


def apply() -> None:
    """Adds the four resource types of a VPC with a NAT gateway that stock ministack refuses."""
    provisioners._RESOURCE_HANDLERS.update(
        {
            "AWS::EC2::EIP": {"create": _make_address, "delete": _release_address},
            "AWS::EC2::NatGateway": {"create": _make_nat_gateway, "delete": _delete_nat_gateway},
            "AWS::EC2::FlowLog": {"create": _make_flow_log, "delete": _delete_flow_log},
            "AWS::EC2::SecurityGroupIngress": {"create": _admit, "delete": _expel},
        }
    )


def _make_address(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    answer = _call(ec2._allocate_address, Domain=properties.get("Domain", "vpc"))
    address, allocation = _text(answer, "publicIp"), _text(answer, "allocationId")
    return address, {"PublicIp": address, "AllocationId": allocation}


def _release_address(address: str, _properties: Properties) -> None:
    for allocation in [one["AllocationId"] for one in ec2._addresses.values() if one["PublicIp"] == address]:
        _call(ec2._release_address, AllocationId=allocation)


def _make_nat_gateway(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    subnet, allocation = properties["SubnetId"], properties["AllocationId"]
    if subnet not in ec2._subnets or allocation not in ec2._addresses:
        raise ValueError(f"The subnet {subnet} or the address {allocation} of the NAT gateway does not exist.")
    gateway = _text(_call(ec2._create_nat_gateway, SubnetId=subnet, AllocationId=allocation), "natGatewayId")
    return gateway, {"NatGatewayId": gateway}


def _delete_nat_gateway(gateway: str, _properties: Properties) -> None:
    _call(ec2._delete_nat_gateway, NatGatewayId=gateway)


def _make_flow_log(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    plain = ("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName")
    given = {name: properties[name] for name in plain if name in properties}
    answer = _call(ec2._create_flow_logs, **{"ResourceId.1": properties["ResourceId"]}, **given)
    flow_log = _text(answer, "item")
    return flow_log, {"Id": flow_log}


def _delete_flow_log(flow_log: str, _properties: Properties) -> None:
    _call(ec2._delete_flow_logs, **{"FlowLogId.1": flow_log})


def _admit(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    rule = _rule(properties)
    _rules(properties).append(rule)
    rule_id = ec2._sg_rule_id(properties["GroupId"], False, rule)
    return rule_id, {"Id": rule_id}


def _expel(_rule_id: str, properties: Properties) -> None:
    rules, gone = _rules(properties), _rule(properties)
    rules[:] = [rule for rule in rules if rule != gone]


def _rules(properties: Properties) -> list[Any]:
    group = ec2._security_groups.get(properties["GroupId"])
    if group is None:
        raise ValueError(f"The security group '{properties['GroupId']}' does not exist")
    rules: list[Any] = group["IpPermissions"]
    return rules


def _rule(properties: Properties) -> Any:
    return provisioners._ec2_sg_permissions([properties])[0]


def _call(operation: Any, **parameters: str) -> str:
    """An operation of EC2's API; its XML. Raises ValueError with EC2's own words."""
    status, _, body = operation({name: [value] for name, value in parameters.items()})
    text = body.decode() if isinstance(body, bytes) else str(body)
    if status >= 400:
        raise ValueError(_text(text, "Message"))
    return text


def _text(xml: str, element: str) -> str:
    found = re.search(f"<{element}>(.*?)</{element}>", xml)
    assert found, f"{element} is not in {xml}"
    return found[1]

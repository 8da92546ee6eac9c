"""CloudFormation makes a private network with a NAT gateway as records of EC2, and removes them."""

import json
import time
from typing import Any

from local.aws.server import Aws

STACK = "private-network"


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def template(group: Any = None) -> str:
    vpc = {"VpcId": {"Ref": "Vpc"}}
    resources = {
        "Vpc": resource("VPC", CidrBlock="10.90.0.0/24"),
        "Subnet": resource("Subnet", **vpc, CidrBlock="10.90.0.0/26"),
        "Address": resource("EIP", Domain="vpc"),
        "Gateway": resource(
            "NatGateway", SubnetId={"Ref": "Subnet"}, AllocationId={"Fn::GetAtt": ["Address", "AllocationId"]}
        ),
        "Flows": resource(
            "FlowLog",
            ResourceId={"Ref": "Vpc"},
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="cloud-watch-logs",
            LogGroupName="/aws/vpc/private",
        ),
        "Functions": resource("SecurityGroup", **vpc, GroupDescription="functions"),
        "Aurora": resource("SecurityGroup", **vpc, GroupDescription="aurora"),
        "IntoAurora": resource(
            "SecurityGroupIngress",
            GroupId=group or {"Fn::GetAtt": ["Aurora", "GroupId"]},
            IpProtocol="tcp",
            FromPort=5432,
            ToPort=5432,
            SourceSecurityGroupId={"Fn::GetAtt": ["Functions", "GroupId"]},
        ),
    }
    told: dict[str, Any] = {"Address": {"Ref": "Address"}, "Gateway": {"Ref": "Gateway"}, "Vpc": {"Ref": "Vpc"}}
    told |= {name: {"Fn::GetAtt": [name, "GroupId"]} for name in ("Functions", "Aurora")}
    outputs = {name: {"Value": value} for name, value in told.items()}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def ended(cloudformation: Any, name: str) -> dict[str, Any]:
    while (stack := cloudformation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"].endswith("PROGRESS"):
        time.sleep(0.05)
    return dict(stack)


def test_a_network_is_made_and_removed(aws: Aws) -> None:
    cloudformation, ec2 = aws.client("cloudformation"), aws.client("ec2")
    made = cloudformation.create_stack(StackName=STACK, TemplateBody=template())["StackId"]
    stack = ended(cloudformation, STACK)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    address = next(one for one in ec2.describe_addresses()["Addresses"] if one["PublicIp"] == outputs["Address"])
    gateways = ec2.describe_nat_gateways(NatGatewayIds=[outputs["Gateway"]])["NatGateways"]
    assert [gateway["State"] for gateway in gateways] == ["available"]
    flow_logs = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [outputs["Vpc"]]}])["FlowLogs"]
    assert [one["LogDestination"] for one in flow_logs] == ["/aws/vpc/private"]
    group = ec2.describe_security_groups(GroupIds=[outputs["Aurora"]])["SecurityGroups"][0]
    admitted = [(rule["FromPort"], rule["UserIdGroupPairs"][0]["GroupId"]) for rule in group["IpPermissions"]]
    assert admitted == [(5432, outputs["Functions"])]

    cloudformation.delete_stack(StackName=STACK)
    assert ended(cloudformation, made)["StackStatus"] == "DELETE_COMPLETE"
    assert address["AllocationId"] not in [one["AllocationId"] for one in ec2.describe_addresses()["Addresses"]]
    assert [one["State"] for one in ec2.describe_nat_gateways(NatGatewayIds=[outputs["Gateway"]])["NatGateways"]] == [
        "deleted"
    ]
    assert flow_logs[0]["FlowLogId"] not in [one["FlowLogId"] for one in ec2.describe_flow_logs()["FlowLogs"]]


def test_a_group_that_does_not_exist_fails_the_stack(aws: Aws) -> None:
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName=f"{STACK}-refused", TemplateBody=template("sg-0123456789abcdef0"))
    assert ended(cloudformation, f"{STACK}-refused")["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=f"{STACK}-refused")["StackEvents"]
    failed = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert failed == ["The security group 'sg-0123456789abcdef0' does not exist"]
    cloudformation.delete_stack(StackName=f"{STACK}-refused")

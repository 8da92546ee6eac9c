"""A function of a template is attached to its subnets as Lambda does it."""

import json
import time
from typing import Any

import pytest

from local.aws.server import Aws

ASSUME = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]


def template(actions: list[str], subnet: Any = None) -> str:
    statements = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
    policy = {"PolicyName": "network", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [ASSUME]}, "Policies": [policy]}
    vpc = {"VpcId": {"Ref": "Vpc"}}
    function = {
        "FunctionName": "attached",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": "def handler(event, context): pass"},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "VpcConfig": {
            "SubnetIds": [subnet or {"Ref": "Subnet"}],
            "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
        },
    }
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.91.0.0/24"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {**vpc, "CidrBlock": "10.91.0.0/26"}},
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {**vpc, "GroupDescription": "functions"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }
    return json.dumps({"Resources": resources, "Outputs": {"Subnet": {"Value": {"Ref": "Subnet"}}}})


def create(aws: Aws, name: str, body: str) -> dict[str, Any]:
    """The stack when it has ended; it is deleted later with everything else of the session's AWS."""
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    while (stack := cloudformation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"].endswith("PROGRESS"):
        time.sleep(0.05)
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    return {**stack, "failed": failed}


def test_a_function_is_attached_to_the_subnets_of_its_template(aws: Aws) -> None:
    stack = create(aws, "attached", template(INTERFACES))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["failed"]
    attached = aws.client("lambda").get_function_configuration(FunctionName="attached")["VpcConfig"]
    assert attached["SubnetIds"] == [stack["Outputs"][0]["OutputValue"]]
    aws.client("cloudformation").delete_stack(StackName="attached")


@pytest.mark.parametrize("missing", INTERFACES)
def test_a_role_that_may_not_make_the_interfaces_fails_the_stack(aws: Aws, missing: str) -> None:
    operation = missing.removeprefix("ec2:")
    stack = create(aws, f"without-{operation}", template([action for action in INTERFACES if action != missing]))
    assert stack["failed"] == [f"The provided execution role does not have permissions to call {operation} on EC2"]


def test_a_subnet_that_does_not_exist_fails_the_stack(aws: Aws) -> None:
    stack = create(aws, "nowhere", template(INTERFACES, "subnet-0123456789abcdef0"))
    assert len(stack["failed"]) == 1
    assert stack["failed"][0].endswith("The subnet ID 'subnet-0123456789abcdef0' does not exist")

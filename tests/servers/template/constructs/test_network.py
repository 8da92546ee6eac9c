"""Where the functions run, and what may leave there."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Match

from infra.constructs.function_specs import FUNCTIONS
from tests.support.contexts import AURORA_GROUP, MODES, ROOT
from tests.support.synthesis import Synthesized, synthesize_stack

IN_VPC = {f"aurora-snowflake-sync-{spec.dashed}" for spec in FUNCTIONS if spec.needs_credentials}


def rules(stack: Synthesized, description: str, direction: str) -> set[tuple[int, int, str]]:
    """(first port, last port, whereto) of each rule of the group whose description begins so."""
    [group] = [
        found for found in stack.of_type("AWS::EC2::SecurityGroup") if found["GroupDescription"].startswith(description)
    ]
    return {(rule["FromPort"], rule["ToPort"], _peer(stack, rule)) for rule in group.get(direction, [])}


def _peer(stack: Synthesized, rule: dict[str, Any]) -> str:
    keys = ("CidrIp", "DestinationSecurityGroupId", "SourceSecurityGroupId")
    [peer] = [rule[key] for key in keys if key in rule]
    return stack.text(peer)


def placed(stack: Synthesized) -> dict[str, Any]:
    functions = stack.of_type("AWS::Lambda::Function")
    return {found["FunctionName"]: found["VpcConfig"] for found in functions if "VpcConfig" in found}


def test_functions_with_credentials_run_in_the_given_private_subnets(existing: Synthesized) -> None:
    assert placed(existing).keys() == IN_VPC
    for config in placed(existing).values():
        assert config["SubnetIds"] == MODES["existing"]["private_subnet_ids"]
        assert [existing.text(group) for group in config["SecurityGroupIds"]] == ["GroupId of NetworkFunctionsGroup"]


@pytest.mark.parametrize("mode", ["new", "existing"])
def test_the_functions_roles_outlive_what_lambdas_interfaces_hold(mode: str, request: pytest.FixtureRequest) -> None:
    """Lambda removes the interfaces under these roles, long after the functions."""
    stack: Synthesized = request.getfixturevalue(mode)
    kinds = {name: (one["Type"], json.dumps(one["Properties"])) for name, one in stack.resources.items()}
    roles = {name for name, (kind, text) in kinds.items() if kind == "AWS::IAM::Role" and "lambda.amazonaws" in text}
    groups = {
        name
        for name, (kind, text) in kinds.items()
        if kind.endswith("::SecurityGroup") and '": "The functions of' in text
    }
    subnets = {name for name, (kind, _) in kinds.items() if kind.endswith("::Subnet") and "Private" in name}
    holding = groups | subnets
    assert len(holding) == (3 if mode == "new" else 1)
    assert roles
    for name in holding:
        assert roles <= set(stack.resources[name]["DependsOn"]), name


def test_functions_without_credentials_import_no_vault_aurora_or_snowflake() -> None:
    for spec in FUNCTIONS:
        requirements = (ROOT / "functions" / spec.name / "requirements.txt").read_text()
        drivers = {"hvac", "psycopg2-binary", "snowflake-connector-python"}
        assert spec.needs_credentials == any(driver in requirements for driver in drivers), spec.name


@pytest.mark.parametrize("mode", ["existing", "new"])
def test_only_https_vault_and_aurora_can_be_reached(mode: str, request: pytest.FixtureRequest) -> None:
    stack: Synthesized = request.getfixturevalue(mode)
    assert rules(stack, "The functions of aurora-snowflake-sync", "SecurityGroupEgress") == {
        (443, 443, "0.0.0.0/0"),
        (8200, 8200, "0.0.0.0/0"),
        (5432, 5432, AURORA_GROUP),
    }
    assert rules(stack, "The functions of aurora-snowflake-sync", "SecurityGroupIngress") == set()


def test_ports_come_from_the_context() -> None:
    stack = synthesize_stack(
        **MODES["existing"]
        | {"vault_url": "https://vault.internal", "aurora_security_group_id": "", "aurora_port": 6432}
        | {"aurora_cidr": "10.20.0.0/22"}
    )
    assert rules(stack, "The functions", "SecurityGroupEgress") == {
        (443, 443, "0.0.0.0/0"),
        (6432, 6432, "10.20.0.0/22"),
    }
    stack.template.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)


def test_aurora_lets_the_functions_in_by_reference(existing: Synthesized) -> None:
    [rule] = existing.of_type("AWS::EC2::SecurityGroupIngress")
    assert (rule["GroupId"], rule["FromPort"], rule["ToPort"]) == (AURORA_GROUP, 5432, 5432)
    assert existing.text(rule["SourceSecurityGroupId"]) == "GroupId of NetworkFunctionsGroup"


def test_the_s3_gateway_is_for_the_given_route_tables(existing: Synthesized) -> None:
    [gateway] = [found for found in existing.of_type("AWS::EC2::VPCEndpoint") if found["VpcEndpointType"] == "Gateway"]
    assert existing.text(gateway["ServiceName"]) == "com.amazonaws.REGION.s3"
    assert gateway["RouteTableIds"] == MODES["existing"]["route_table_ids"]


def test_interface_endpoints_admit_the_functions_alone() -> None:
    stack = synthesize_stack(**MODES["new"] | {"interface_endpoints": ["ssm", "kinesis-firehose"]})
    endpoints = [found for found in stack.of_type("AWS::EC2::VPCEndpoint") if found["VpcEndpointType"] == "Interface"]
    assert {stack.text(found["ServiceName"]) for found in endpoints} == {
        "com.amazonaws.REGION.ssm",
        "com.amazonaws.REGION.kinesis-firehose",
    }
    private = {"NetworkOwnVpcPrivateSubnet1Subnet", "NetworkOwnVpcPrivateSubnet2Subnet"}
    assert all({stack.text(subnet) for subnet in found["SubnetIds"]} == private for found in endpoints)
    assert rules(stack, "AWS services", "SecurityGroupIngress") == {(443, 443, "GroupId of NetworkFunctionsGroup")}
    # What CDK writes for "nothing": a rule that no packet matches.
    assert rules(stack, "AWS services", "SecurityGroupEgress") == {(252, 86, "255.255.255.255/32")}


@pytest.mark.parametrize("mode", ["existing", "new"])
def test_the_functions_group_is_told_to_who_makes_endpoints(mode: str, request: pytest.FixtureRequest) -> None:
    stack: Synthesized = request.getfixturevalue(mode)
    assert stack.outputs["FunctionsGroup"] == "GroupId of NetworkFunctionsGroup"


def test_endpoints_are_made_only_where_they_are_asked_for() -> None:
    stack = synthesize_stack(**MODES["existing"] | {"route_table_ids": []})
    stack.template.resource_count_is("AWS::EC2::VPCEndpoint", 0)
    stack.template.resource_count_is("AWS::EC2::SecurityGroup", 1)


def test_an_existing_vpc_is_not_changed_otherwise(existing: Synthesized) -> None:
    made = {resource["Type"] for resource in existing.resources.values() if resource["Type"].startswith("AWS::EC2::")}
    assert made == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::VPCEndpoint"}


def test_a_new_vpc_has_two_zones_one_nat_and_flow_logs(new: Synthesized) -> None:
    new.template.has_resource_properties("AWS::EC2::VPC", {"CidrBlock": "10.90.0.0/24"})
    new.template.resource_count_is("AWS::EC2::NatGateway", 1)
    new.template.has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "ALL", "ResourceType": "VPC"})
    subnets = new.of_type("AWS::EC2::Subnet")
    assert {new.text(found["AvailabilityZone"]) for found in subnets} == {"zone 0", "zone 1"}
    assert not [found for found in subnets if found["MapPublicIpOnLaunch"]]
    assert {new.text(subnet) for config in placed(new).values() for subnet in config["SubnetIds"]} == {
        "NetworkOwnVpcPrivateSubnet1Subnet",
        "NetworkOwnVpcPrivateSubnet2Subnet",
    }
    assert placed(new).keys() == IN_VPC
    assert new.outputs["NatAddress"] == "PublicIp of NetworkOwnVpcPublicSubnet1EIP"


def test_a_new_vpc_brings_no_function_of_its_own(new: Synthesized) -> None:
    new.template.resource_count_is("AWS::Lambda::Function", len(FUNCTIONS))
    assert not [found for found in new.resources.values() if found["Type"].startswith("Custom::")]


def test_the_new_vpcs_gateway_serves_its_private_subnets(new: Synthesized) -> None:
    new.template.has_resource_properties(
        "AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Gateway", "RouteTableIds": Match.any_value()}
    )
    [gateway] = [found for found in new.of_type("AWS::EC2::VPCEndpoint") if found["VpcEndpointType"] == "Gateway"]
    assert [new.text(table) for table in gateway["RouteTableIds"]] == [
        "NetworkOwnVpcPrivateSubnet1RouteTable",
        "NetworkOwnVpcPrivateSubnet2RouteTable",
    ]


def test_without_a_vpc_there_is_nothing_of_one(none: Synthesized) -> None:
    assert placed(none) == {}
    assert not [found for found in none.resources.values() if found["Type"].startswith("AWS::EC2::")]

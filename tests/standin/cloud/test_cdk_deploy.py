"""The CDK's command line deploys onto the laptop's AWS as onto a bootstrapped account."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from botocore.exceptions import ClientError

from local import endpoints
from local.cloud import lifecycle as cloud
from local.cloud.cdk_deploy import Cdk, as_deployer
from local.cloud.context import STACK
from local.endpoints import Endpoints
from operate.runs import Workflow

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("laptop") / "cloud"
    try:
        cloud.up(folder, print, by_cdk=True)
        yield folder
    finally:
        cloud.down(folder)


@pytest.fixture(scope="module")
def known(home: Path) -> Endpoints:
    return endpoints.read(home)


@pytest.fixture(scope="module")
def deployer(home: Path) -> Cdk:
    return as_deployer(cloud.cdk_of(home))


def configure(known: Endpoints, tables: list[dict[str, Any]]) -> None:
    endpoints.aws_of(known).client("ssm").put_parameter(
        Name=f"{known['parameter_prefix']}/tables", Value=json.dumps(tables), Type="String", Overwrite=True
    )


def configured(known: Endpoints) -> Any:
    answer = endpoints.aws_of(known).client("ssm").get_parameter(Name=f"{known['parameter_prefix']}/tables")
    return json.loads(answer["Parameter"]["Value"])


def stack_events(known: Endpoints) -> list[dict[str, Any]]:
    """Newest first."""
    pages = endpoints.aws_of(known).client("cloudformation").get_paginator("describe_stack_events")
    return [event for page in pages.paginate(StackName=STACK) for event in page["StackEvents"]]


def test_the_deployed_functions_load_a_table(known: Endpoints) -> None:
    connection = psycopg2.connect(known["postgres"]["dsn"])
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE visits (id bigint PRIMARY KEY, seen timestamptz NOT NULL DEFAULT now())")
        cursor.execute("INSERT INTO visits SELECT i, now() - interval '1 hour' FROM generate_series(1, 10) i")
    connection.close()
    configure(known, [{"table_name": "public.visits", "watermark_col": "seen"}])
    workflow = Workflow(endpoints.aws_of(known).client("stepfunctions"), known["state_machine_arn"])
    outcome = workflow.follow(workflow.start(["public.visits"]))
    assert [(one["status"], one["merged"]) for one in outcome.tables] == [("LOADED", 10)], outcome.error


def test_it_is_the_template_of_an_account(known: Endpoints) -> None:
    aws = endpoints.aws_of(known)
    attached = aws.client("lambda").get_function_configuration(FunctionName=f"{STACK}-export")["VpcConfig"]
    subnets = aws.client("ec2").describe_subnets(SubnetIds=attached["SubnetIds"])["Subnets"]
    assert [subnet["MapPublicIpOnLaunch"] for subnet in subnets] == [False, False]
    roles = {role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]}
    assert roles >= {f"{STACK}-aurora-export", f"{STACK}-snowflake-read"}


def test_the_deployer_may_do_nothing_but_assume_the_roles_of_the_bootstrap(deployer: Cdk, known: Endpoints) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: cloudformation:DescribeStacks"):
        deployer.aws.client("cloudformation").describe_stacks(StackName=STACK)
    with pytest.raises(ClientError, match="AccessDenied"):
        deployer.aws.client("s3").list_objects_v2(Bucket=known["bucket"])


def test_a_changed_setting_changes_what_it_names_once(deployer: Cdk, known: Endpoints) -> None:
    tables = [{"table_name": "public.edited_by_an_operator"}]
    configure(known, tables)
    debugging = replace(deployer, context={**deployer.context, "log_level": "DEBUG"})
    assert ".POWERTOOLS_LOG_LEVEL" in debugging.diff()
    before = len(stack_events(known))
    assert debugging.deploy(*debugging.as_synthesized).changed

    events = stack_events(known)
    changed = {event["ResourceType"] for event in events[: len(events) - before]}
    assert changed == {"AWS::CloudFormation::Stack", "AWS::Lambda::Function"}
    function = endpoints.aws_of(known).client("lambda").get_function_configuration(FunctionName=f"{STACK}-config")
    assert function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == "DEBUG"
    assert configured(known) == tables

    assert not debugging.deploy().changed
    # forced, the command line leaves it to CloudFormation to find no change
    assert not debugging.deploy("--force", *debugging.as_synthesized).changed
    assert stack_events(known) == events


def test_a_destroyed_stack_leaves_the_exported_files_and_the_list_of_tables(deployer: Cdk, known: Endpoints) -> None:
    aws = endpoints.aws_of(known)
    configure(known, [{"table_name": "public.kept"}])
    aws.client("s3").put_object(Bucket=known["bucket"], Key="public.visits/kept.csv", Body=b"1\n")
    deployer.destroy(*deployer.as_synthesized)
    with pytest.raises(ClientError, match="does not exist"):
        aws.client("cloudformation").describe_stacks(StackName=STACK)
    assert aws.client("s3").get_object(Bucket=known["bucket"], Key="public.visits/kept.csv")["Body"].read() == b"1\n"
    assert configured(known) == [{"table_name": "public.kept"}]

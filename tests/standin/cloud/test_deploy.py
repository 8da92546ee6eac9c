"""A synthesized template is deployed onto the laptop's AWS and runs there."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from local.aws.server import Aws
from local.cloud.assets import file_assets
from local.cloud.deploy import DeploymentFailed, deploy
from local.cloud.snowpipe_queue import create_snowpipe_queue
from tests.support.workflows import run

ASSETS_BUCKET = "cdk-test-assets-${AWS::AccountId}-${AWS::Region}"
TRUST = {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}}
DEFINITION = {
    "QueryLanguage": "JSONata",
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "${Function}", "Payload": {"topic": "${Topic}", "limit": "{% ${Limit} %}"}},
            "Output": "{% $states.result.Payload %}",
            "End": True,
        }
    },
}


def template(queue_arn: str, code_key: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": {"Fn::GetAtt": ["Function", "Arn"]}}
    policy = {"PolicyName": "steps", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
    notify = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": queue_arn}]}
    assume = {"Version": "2012-10-17", "Statement": [{**TRUST, "Action": "sts:AssumeRole"}]}
    code = {"S3Bucket": {"Fn::Sub": ASSETS_BUCKET}, "S3Key": code_key}
    get_function = {"Fn::GetAtt": ["Function", "Arn"]}
    return {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": notify}},
            "DeadLetters": {"Type": "AWS::SQS::Queue"},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Tables": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Name": "/deploy-test/tables", "Type": "String", "Value": "[]"},
            },
            "FunctionRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": assume}},
            "MachineRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": assume, "Policies": [policy]},
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "main.handler",
                    "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
                    "Code": code,
                },
            },
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
                    "DefinitionString": json.dumps(DEFINITION),
                    "DefinitionSubstitutions": {"Function": get_function, "Topic": {"Ref": "Topic"}, "Limit": "7"},
                },
            },
        },
        "Outputs": {
            "Machine": {"Value": {"Ref": "Machine"}},
            "Bucket": {"Value": {"Ref": "Bucket"}},
            "DeadLetters": {"Value": {"Ref": "DeadLetters"}},
        },
    }


def assembly(folder: Path, queue_arn: str, code: str) -> Path:
    """A cloud assembly as the CDK writes it, with one function."""
    digest = hashlib.sha256(code.encode()).hexdigest()
    (folder / f"asset.{digest}" / "package").mkdir(parents=True)
    (folder / f"asset.{digest}" / "main.py").write_text(code)
    (folder / f"asset.{digest}" / "package" / "__init__.py").touch()
    body = json.dumps(template(queue_arn, f"{digest}.zip"))
    (folder / "test.template.json").write_text(body)
    template_key = f"{hashlib.sha256(body.encode()).hexdigest()}.json"

    def asset(path: str, packaging: str, key: str) -> dict[str, Any]:
        destination = {"bucketName": ASSETS_BUCKET, "objectKey": key}
        return {"source": {"path": path, "packaging": packaging}, "destinations": {"current": destination}}

    files = {
        digest: asset(f"asset.{digest}", "zip", f"{digest}.zip"),
        "template": asset("test.template.json", "file", template_key),
    }
    (folder / "test.assets.json").write_text(json.dumps({"files": files}))
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"stackTemplateAssetObjectUrl": f"s3://{ASSETS_BUCKET}/{template_key}"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"test": stack}}))
    return folder


HANDLER = "def handler(event, context):\n    return [{version}, event['limit'], event['topic'].split(':')[2]]\n"


def test_a_stack_runs_and_an_update_changes_its_code(aws: Aws, tmp_path: Path) -> None:
    queue = create_snowpipe_queue(aws)
    first = assembly(tmp_path / "one", queue.arn, HANDLER.format(version=1))
    outputs = deploy(aws, first, "deploy-test", tmp_path / "zips")
    assert run(aws, outputs["Machine"]).output == [1, 7, "sns"]

    assert deploy(aws, first, "deploy-test", tmp_path / "zips") == outputs
    second = assembly(tmp_path / "two", queue.arn, HANDLER.format(version=2))
    assert deploy(aws, second, "deploy-test", tmp_path / "zips") == outputs
    assert run(aws, outputs["Machine"]).output == [2, 7, "sns"]

    aws.client("s3").put_object(Bucket=outputs["Bucket"], Key="public.orders/a.csv", Body=b"1\n")
    sqs = aws.client("sqs")
    received = sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
    assert any("public.orders/a.csv" in message["Body"] for message in received)


def test_a_refused_stack_names_the_resource_and_the_reason(aws: Aws, tmp_path: Path) -> None:
    broken = assembly(tmp_path / "one", "arn:aws:sqs:eu-central-1:123456789012:no-such-queue", HANDLER)
    with pytest.raises(DeploymentFailed, match=r"Bucket: .*Unable to validate the following destination"):
        deploy(aws, broken, "deploy-refused", tmp_path / "zips")


def test_an_asset_is_zipped_once_and_always_the_same(aws: Aws, tmp_path: Path) -> None:
    from local.cloud import assets

    made = assembly(tmp_path / "one", "arn:aws:sqs:::q", HANDLER.format(version=3))
    source = next(asset.source for asset in file_assets(made, aws.region) if asset.zipped)
    first = assets._zip_once(source, tmp_path / "a")
    second = assets._zip_once(source, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    written = first.stat().st_mtime_ns
    assert assets._zip_once(source, tmp_path / "a").stat().st_mtime_ns == written


def test_pseudo_parameters_of_an_assets_place_are_replaced(tmp_path: Path) -> None:
    made = assembly(tmp_path / "one", "arn:aws:sqs:::q", HANDLER)
    assert {asset.bucket for asset in file_assets(made, "eu-west-1")} == {"cdk-test-assets-123456789012-eu-west-1"}

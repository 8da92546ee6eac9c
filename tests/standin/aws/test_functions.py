"""Python functions on the laptop's AWS fail, and hold permissions, as they do in Lambda."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.aws.server import Aws
from tests.support.workflows import function, role


def call(aws: Aws, name: str, event: Any = None) -> tuple[str | None, Any]:
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}).encode())
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_an_exception_answers_with_its_class_name(aws: Aws) -> None:
    name = function(aws, "class Throttled(Exception): pass\ndef handler(e, c): raise Throttled('slow down')")
    error, body = call(aws, name)
    assert error == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("Throttled", "slow down")
    assert "slow down" in body["stackTrace"][-1]


def test_a_failure_keeps_the_execution_environment(aws: Aws) -> None:
    name = function(aws, "n = 0\ndef handler(e, c):\n  global n\n  n += 1\n  if n == 1: raise ValueError()\n  return n")
    assert call(aws, name)[1]["errorType"] == "ValueError"
    assert call(aws, name) == (None, 2)


def test_between_invocations_only_the_time_of_day_goes_on(aws: Aws) -> None:
    name = function(aws, "import time\ndef handler(e, c):\n  time.sleep(0.2)\n  return time.monotonic(), time.time()")
    clock, day = call(aws, name)[1]
    time.sleep(2)
    later_clock, later_day = call(aws, name)[1]
    assert later_day - day > 2
    assert 0.2 <= later_clock - clock < 1


def test_a_missing_module_is_an_import_error(aws: Aws) -> None:
    error, body = call(aws, function(aws, "import no_such_module\ndef handler(e, c): return 1"))
    assert error == "Unhandled"
    assert body["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'no_such_module'" in body["errorMessage"]


@pytest.mark.parametrize(
    ("code", "error_type"), [("raise KeyError('x')", "KeyError"), ("raise SystemExit(3)", "Runtime.ExitError")]
)
def test_an_exception_while_importing_is_told_every_time(aws: Aws, code: str, error_type: str) -> None:
    name = function(aws, code)
    assert [call(aws, name)[1]["errorType"] for _ in range(2)] == [error_type, error_type]


def test_a_function_holds_exactly_its_roles_permissions(aws: Aws) -> None:
    code = """
import boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket=event["bucket"], Key=event["key"], Body=b"x")
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    bucket = "function-permissions"
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/allowed/*"}
    role_arn = role(aws, "lambda", [allowed])
    name = function(aws, code, role_arn)
    error, identity = call(aws, name, {"bucket": bucket, "key": "allowed/a"})
    assert error is None
    assert f":assumed-role/{role_arn.rsplit('/', 1)[-1]}/" in identity
    error, body = call(aws, name, {"bucket": bucket, "key": "other/a"})
    assert error == "Unhandled"
    assert "AccessDenied" in body["errorMessage"]


def test_a_wrong_secret_is_refused(aws: Aws) -> None:
    forged = boto3.client(
        "sts",
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=aws.access_key_id,
        aws_secret_access_key="wrong",
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        forged.get_caller_identity()


def test_a_bucket_that_demands_tls_is_served_over_loopback(aws: Aws) -> None:
    bucket = "demands-tls"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": resources, "Condition": insecure}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"


def test_parameters_are_read_under_the_permission_for_their_name(aws: Aws) -> None:
    code = """
import boto3
def handler(event, context):
    ssm = boto3.client("ssm")
    one = ssm.get_parameters(Names=[event["name"]])["Parameters"][0]["Value"]
    return [one, len(ssm.get_parameters_by_path(Path=event["name"])["Parameters"])]
"""
    for name in ("/allowed/tables", "/allowed/tables/a", "/other/tables"):
        aws.client("ssm").put_parameter(Name=name, Value="x", Type="String")
    actions = ["ssm:GetParameters", "ssm:GetParametersByPath"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:ssm:*:*:parameter/allowed/*"}
    name = function(aws, code, role(aws, "lambda", [allowed]))
    assert call(aws, name, {"name": "/allowed/tables"}) == (None, ["x", 1])
    assert call(aws, name, {"name": "/other/tables"})[1]["errorType"] == "AccessDeniedException"


def at_once(aws: Aws, name: str, event: dict[str, Any], times: int) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return [body for _, body in pool.map(lambda _: call(aws, name, event), range(times))]


def test_short_calls_share_an_environment_and_long_ones_get_their_own(aws: Aws) -> None:
    code = "import os, time\ndef handler(e, c):\n  time.sleep(e['seconds'])\n  return os.getpid()"
    name = function(aws, code)
    began = time.monotonic()
    assert len(set(at_once(aws, name, {"seconds": 0}, 3))) == 1
    longer_than_a_start = time.monotonic() - began + 0.5
    assert len(set(at_once(aws, name, {"seconds": longer_than_a_start}, 2))) == 2


def test_environments_share_one_unpacked_package(aws: Aws) -> None:
    code = """
import os
def handler(event, context):
    if event.get("die"):
        os._exit(1)
    return [os.getpid(), os.path.realpath(__file__)]
"""
    name = function(aws, code)
    _, (first, path) = call(aws, name)
    assert call(aws, name, {"die": True})[0] == "Unhandled"
    _, (second, same_path) = call(aws, name)
    assert first != second
    assert path == same_path

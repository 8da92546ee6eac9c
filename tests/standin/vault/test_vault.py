"""Vault's AWS login on the laptop: only a signature that STS verifies, by a bound role, gets a token."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import hvac
import pytest

from local.aws.server import ACCOUNT, Aws
from local.vault.server import AwsRole, start_vault
from tests.support.workflows import function, role

SERVER_ID = "vault.laptop"
SECRETS = {"app/aurora": {"password": "one"}, "app/snowflake": {"password": "two"}}


@pytest.fixture(scope="module")
def vault(home: Path, aws: Aws) -> str:
    return start_vault(home, aws, SECRETS, AwsRole("sync", "bound-*", SERVER_ID, "30s"))


def credentials(aws: Aws, name: str) -> dict[str, str]:
    """A session of a role with this name."""
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    assumed = aws.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="session")
    session = assumed["Credentials"]
    return {
        "access_key": session["AccessKeyId"],
        "secret_key": session["SecretAccessKey"],
        "session_token": session["SessionToken"],
    }


def login(vault: str, keys: dict[str, str], **changed: Any) -> hvac.Client:
    client = hvac.Client(url=vault)
    client.auth.aws.iam_login(
        **{**keys, "role": "sync", "header_value": SERVER_ID, "region": "eu-central-1", **changed}
    )
    return client


def read(client: hvac.Client, path: str) -> Any:
    return client.secrets.kv.v2.read_secret_version(path=path, raise_on_deleted_version=True)["data"]["data"]


def test_a_bound_role_reads_exactly_the_secrets(vault: str, aws: Aws) -> None:
    client = login(vault, credentials(aws, "bound-reader"))
    assert {path: read(client, path) for path in SECRETS} == SECRETS
    with pytest.raises(hvac.exceptions.Forbidden):
        read(client, "app/other")
    with pytest.raises(hvac.exceptions.Forbidden):
        client.secrets.kv.v2.create_or_update_secret(path="app/aurora", secret={"password": "three"})
    told = client.lookup_token()["data"]
    assert told["meta"]["client_arn"].endswith(":assumed-role/bound-reader/session")
    assert 0 < told["ttl"] <= 30


def test_a_forged_signature_gets_no_token(vault: str, aws: Aws) -> None:
    with pytest.raises(hvac.exceptions.InvalidRequest, match="SignatureDoesNotMatch"):
        login(vault, credentials(aws, "bound-forged"), secret_key="forged")


def test_a_session_without_its_token_is_refused(vault: str, aws: Aws) -> None:
    with pytest.raises(hvac.exceptions.InvalidRequest, match="received error code 403 from STS"):
        login(vault, credentials(aws, "bound-no-token"), session_token=None)


def test_an_unbound_role_is_refused(vault: str, aws: Aws) -> None:
    with pytest.raises(hvac.exceptions.InvalidRequest, match='does not belong to the role "sync"'):
        login(vault, credentials(aws, "stranger"))


def test_an_unknown_role_is_refused(vault: str, aws: Aws) -> None:
    with pytest.raises(hvac.exceptions.InvalidRequest, match='entry for role "nobody" not found'):
        login(vault, credentials(aws, "bound-reader"), role="nobody")


@pytest.mark.parametrize(
    ("header", "reason"), [(None, 'missing header "X-Vault-AWS-IAM-Server-ID"'), ("other", 'but got "other"')]
)
def test_a_signature_for_another_server_is_refused(vault: str, aws: Aws, header: str | None, reason: str) -> None:
    with pytest.raises(hvac.exceptions.InvalidRequest, match=reason):
        login(vault, credentials(aws, "bound-reader"), header_value=header)


def test_a_revoked_token_reads_nothing(vault: str, aws: Aws) -> None:
    client = login(vault, credentials(aws, "bound-reader"))
    client.auth.token.revoke_self()
    with pytest.raises(hvac.exceptions.Forbidden):
        read(client, "app/aurora")


def test_a_functions_own_role_logs_in(vault: str, aws: Aws) -> None:
    code = """
import json, os, urllib.request, base64, botocore.auth, botocore.awsrequest, botocore.session
def handler(event, context):
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    request = botocore.awsrequest.AWSRequest("POST", "https://sts.amazonaws.com/", data=body, headers={
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "X-Vault-AWS-IAM-Server-ID": event["id"]})
    botocore.auth.SigV4Auth(botocore.session.Session().get_credentials(), "sts", "us-east-1").add_auth(request)
    encode = lambda text: base64.b64encode(text.encode()).decode()
    login = {"role": "sync", "iam_http_request_method": "POST", "iam_request_url": encode(request.url),
             "iam_request_body": encode(body), "iam_request_headers": encode(json.dumps(dict(request.headers)))}
    answer = urllib.request.urlopen(event["vault"] + "/v1/auth/aws/login", json.dumps(login).encode())
    return json.loads(answer.read())["auth"]["metadata"]["canonical_arn"]
"""
    role_arn = role(aws, "lambda", prefix="bound-")
    name = function(aws, code, role_arn)
    answer = aws.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps({"vault": vault, "id": SERVER_ID}).encode()
    )
    assert json.loads(answer["Payload"].read()) == role_arn

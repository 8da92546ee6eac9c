"""Starting the laptop's AWS and talking to it."""

import json
import secrets
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

from local.processes import Process, free_port, start, wait_until

ACCOUNT = "123456789012"
REGION = "eu-central-1"
_NAME = "aws"


@dataclass(frozen=True)
class Aws:
    """Where the laptop's AWS answers, and the keys of one of its users."""

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str

    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client of the laptop's AWS; ``config`` goes into botocore's Config."""
        return _client(self, service, tuple(config.items()))


@cache
def _client(aws: Aws, service: str, config: tuple[tuple[str, Any], ...]) -> Any:
    """Made once: a client takes longer to make than most requests take."""
    session: Any = boto3.Session(aws.access_key_id, aws.secret_access_key, region_name=aws.region)
    retries: Any = {"max_attempts": 3, "mode": "standard"}
    return session.client(service, endpoint_url=aws.endpoint_url, config=Config(retries=retries, **dict(config)))


def start_aws(home: Path, wait_scale: float = 1.0) -> Aws:
    """Starts the laptop's AWS: signatures and IAM policies are checked, functions run under their roles.

    ``wait_scale`` multiplies the Wait states and the delays of retries. The answer holds the keys of an administrator.
    """
    port = free_port()
    root = Aws(f"http://127.0.0.1:{port}", REGION, "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30))
    scratch = home.resolve() / "aws"
    (scratch / "tmp").mkdir(parents=True, exist_ok=True)
    environment = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": root.secret_access_key,
        "SFN_WAIT_SCALE": str(wait_scale),
        "S3_DATA_DIR": str(scratch / "s3"),
        "STATE_DIR": str(scratch / "state"),
        "TMPDIR": str(scratch / "tmp"),
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PYTHONUNBUFFERED": "1",
    }
    repository = Path(__file__).parents[2]
    start(home, Process(_NAME, [sys.executable, "-m", "local.aws"], environment, repository))
    wait_until(home, _NAME, lambda: urlopen(f"{root.endpoint_url}/_ministack/health", timeout=2).status == 200)
    return _administrator(root)


def set_wait_scale(aws: Aws, wait_scale: float) -> None:
    """Multiplies the Wait states and the delays of retries by another number from now on."""
    change = json.dumps({"stepfunctions._SFN_WAIT_SCALE": wait_scale}).encode()
    with urlopen(Request(f"{aws.endpoint_url}/_ministack/config", data=change, method="POST"), timeout=10) as answer:
        applied = json.load(answer)["applied"]
    assert applied, "ministack has another name for the scale of waits"


def _administrator(root: Aws) -> Aws:
    """A user's keys: ministack verifies the signatures of users and roles, not those of root."""
    iam = root.client("iam")
    iam.create_user(UserName="administrator")
    iam.attach_user_policy(UserName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    return replace(root, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])

"""Starting the laptop's Vault."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from local.aws.server import ACCOUNT, Aws
from local.processes import Process, free_port, start, wait_until
from local.vault.bao import DatabaseUsers

_NAME = "vault"


@dataclass(frozen=True)
class AwsRole:
    """A role of Vault's AWS auth method.

    IAM roles whose names match ``bound_names`` (a trailing ``*`` matches any suffix) may log in as it.
    """

    name: str
    bound_names: str
    server_id: str = ""
    token_ttl: str = "15m"


def start_vault(
    home: Path,
    aws: Aws,
    secrets: Mapping[str, Mapping[str, Any]],
    role: AwsRole,
    port: int | None = None,
    users: DatabaseUsers | None = None,
) -> str:
    """Starts Vault with KV v2 secrets ``{path below secret/: value}``; returns its URL.

    With ``users`` those who log in may have short-lived database users made at ``database/creds/<users.role>``.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "local.vault", "--port", str(port), "--folder", str(home.resolve() / "vault")]
    command += ["--sts-url", aws.endpoint_url, "--role", role.name]
    command += ["--server-id", role.server_id, "--token-ttl", role.token_ttl]
    command += ["--bound-arn", f"arn:aws:iam::{ACCOUNT}:role/{role.bound_names}"]
    environment = {"LOCAL_VAULT_SECRETS": json.dumps(secrets)}
    if users:
        environment["LOCAL_VAULT_USERS"] = json.dumps(asdict(users))
    start(home, Process(_NAME, command, environment, Path(__file__).parents[2]))
    url = f"http://127.0.0.1:{port}"
    wait_until(home, _NAME, lambda: urlopen(f"{url}/v1/sys/health", timeout=2).status == 200)
    return url

"""Starting the laptop's Vault."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from local.aws.server import ACCOUNT, Aws
from local.processes import Process, free_port, start, wait_until
from local.vault.bao import DatabaseUsers

_NAME = "vault"


def start_vault(  # noqa: PLR0913, PLR0917 -- one argument for each thing that differs between tests
    home: Path,
    aws: Aws,
    secrets: Mapping[str, Mapping[str, Any]],
    role: str,
    bound_role_names: str,
    server_id: str = "",
    token_ttl: str = "15m",
    port: int | None = None,
    users: DatabaseUsers | None = None,
) -> str:
    """Starts Vault with KV v2 secrets ``{path below secret/: value}``; returns its URL.

    IAM roles whose names match ``bound_role_names`` (a trailing ``*`` matches any suffix) may log in as ``role``.
    With ``users`` they may have short-lived database users made at ``database/creds/<users.role>``.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "local.vault", "--port", str(port), "--folder", str(home.resolve() / "vault")]
    command += ["--sts-url", aws.endpoint_url, "--role", role, "--server-id", server_id, "--token-ttl", token_ttl]
    command += ["--bound-arn", f"arn:aws:iam::{ACCOUNT}:role/{bound_role_names}"]
    environment = {"LOCAL_VAULT_SECRETS": json.dumps(secrets)}
    if users:
        environment["LOCAL_VAULT_USERS"] = json.dumps(asdict(users))
    start(home, Process(_NAME, command, environment, Path(__file__).parents[2]))
    url = f"http://127.0.0.1:{port}"
    wait_until(home, _NAME, lambda: urlopen(f"{url}/v1/sys/health", timeout=2).status == 200)
    return url

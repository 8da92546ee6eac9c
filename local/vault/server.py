"""Starting the laptop's Vault."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from local.aws.server import ACCOUNT, Aws
from local.processes import Process, free_port, start, wait_until

_NAME = "vault"


def start_vault(
    home: Path,
    aws: Aws,
    secrets: Mapping[str, Mapping[str, Any]],
    role: str,
    bound_role_names: str,
    server_id: str = "",
    token_ttl: str = "15m",
    port: int | None = None,
) -> str:
    """Starts Vault with KV v2 secrets ``{path below secret/: value}``; returns its URL.

    IAM roles whose names match ``bound_role_names`` (a trailing ``*`` matches any suffix) may log in as ``role``.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "local.vault", "--port", str(port), "--folder", str(home.resolve() / "vault")]
    command += ["--sts-url", aws.endpoint_url, "--role", role, "--server-id", server_id, "--token-ttl", token_ttl]
    command += ["--bound-arn", f"arn:aws:iam::{ACCOUNT}:role/{bound_role_names}"]
    start(home, Process(_NAME, command, {"LOCAL_VAULT_SECRETS": json.dumps(secrets)}, Path(__file__).parents[2]))
    url = f"http://127.0.0.1:{port}"
    wait_until(home, _NAME, lambda: urlopen(f"{url}/v1/sys/health", timeout=2).status == 200)
    return url

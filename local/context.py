"""The CDK context of the laptop cloud."""

import platform
import sys
from typing import Any

from local.aws.server import REGION
from local.snowpipe_queue import queue_arn

STACK = "aurora-snowflake-sync"
VAULT_SERVER_ID = "vault.laptop"
AURORA_SECRET, SNOWFLAKE_SECRET = f"{STACK}/aurora", f"{STACK}/snowflake"


def context(vault_port: int) -> dict[str, Any]:
    """Its own addresses, its own machine, and short waits."""
    return {
        "stack_name": STACK,
        "lambda_python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "emulated": True,
        "network": "none",
        "lambda_architecture": "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
        "vault_url": f"http://127.0.0.1:{vault_port}",
        "vault_role": STACK,
        "vault_server_id": VAULT_SERVER_ID,
        "vault_aurora_path": AURORA_SECRET,
        "vault_snowflake_path": SNOWFLAKE_SECRET,
        "snowpipe_queue_arn": queue_arn(REGION),
        "schedule_enabled": False,
        "fence_margin_seconds": 2,
        "load_timeout_seconds": 300,
        "load_poll_seconds": 1,
    }

"""The CDK context of the laptop cloud."""

import platform
import sys
from typing import Any

from local.aws.rds_cluster import ARN as CLUSTER_ARN
from local.aws.server import REGION
from local.cloud.snowpipe_queue import queue_arn

STACK = "aurora-snowflake-sync"
VAULT_SERVER_ID = "vault.laptop"
AURORA_SECRET, SNOWFLAKE_SECRET = f"{STACK}/aurora", f"{STACK}/snowflake"


def context(vault_port: int) -> dict[str, Any]:
    """The settings for this machine: its addresses and architecture, and short waits."""
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
        "aurora_cluster_arn": CLUSTER_ARN,
        "schedule_enabled": False,
        "maintain_enabled": False,
        "fence_margin_seconds": 2,
        "load_timeout_seconds": 300,
        "load_poll_seconds": 1,
        "load_first_look_seconds": 1,
    }


def account_context(vault_port: int) -> dict[str, Any]:
    """The same, deployed as into a company's account: with a network, and with the roles of Aurora and Snowflake.

    On the laptop these have no effect: processes reach everything on loopback.
    """
    return {
        **context(vault_port),
        "network": "new",
        "interface_endpoints": "ssm,sts",
        "aurora_cidr": "10.20.0.0/22",
        "snowflake_iam_user_arn": "arn:aws:iam::210987654321:user/abc1-b-self1234",
        "snowflake_external_id": "MYACCOUNT_SFCRole=2_a1b2c3d4e5f6=",
        "snowflake_login": "workload_identity",
    }

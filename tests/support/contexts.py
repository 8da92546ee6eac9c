"""What a deployment is told, and where the repository is: what can be known without the CDK, which starts Node.js."""

from pathlib import Path
from typing import Any

from infra.settings import context_file
from infra.settings.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NO_BUNDLING: dict[str, list[str]] = {"aws:cdk:bundling-stacks": []}
AURORA = "arn:aws:rds:eu-central-1:123456789012:cluster:shop"
SNOWFLAKE = {
    "snowflake_iam_user_arn": "arn:aws:iam::210987654321:user/abc1-b-self1234",
    "snowflake_external_id": "MYACCOUNT_SFCRole=2_a1b2c3d4e5f6=",
}
_COMPLETE = {
    "aurora_cluster_arn": AURORA,
    **SNOWFLAKE,
    "snowflake_login": "workload_identity",
    "vault_url": "https://vault.internal:8200",
}
AURORA_GROUP = "sg-0a1b2c3d4e5f67890"
# Each kind of network, with all that it can have.
MODES: dict[str, dict[str, Any]] = {
    "existing": {
        **_COMPLETE,
        "network": "existing",
        "vpc_id": "vpc-0a1b2c3d4e5f67890",
        "private_subnet_ids": ["subnet-0a1b2c3d4e5f67890", "subnet-0f1e2d3c4b5a69788"],
        "route_table_ids": ["rtb-0a1b2c3d4e5f67890"],
        "aurora_security_group_id": AURORA_GROUP,
    },
    "new": {
        **_COMPLETE,
        "network": "new",
        "aurora_security_group_id": AURORA_GROUP,
        "interface_endpoints": ["sts"],
    },
    "none": {**_COMPLETE, "network": "none"},
}


def settings(**changes: Any) -> Settings:
    return Settings.from_context({**context_file.read(), **changes})

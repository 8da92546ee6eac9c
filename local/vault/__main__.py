"""``python -m local.vault``: OpenBao with its secrets, policy and AWS role, behind the login front.

The environment variable LOCAL_VAULT_SECRETS has the secrets as JSON ``{path: value}``; LOCAL_VAULT_USERS, if set, the
fields of DatabaseUsers.
"""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from local.vault.bao import USERS_POLICY, Bao, DatabaseUsers
from local.vault.front import AwsAuth, FrontServer
from local.vault.login import Role

POLICY = "aurora-snowflake-sync"


def main() -> None:
    """Serves until SIGTERM, or until OpenBao ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where OpenBao runs and logs")
    parser.add_argument("--sts-url", required=True, help="the STS that verifies signed requests")
    parser.add_argument("--mount", default="aws")
    parser.add_argument("--server-id", default="", help="required X-Vault-AWS-IAM-Server-ID; empty for none")
    parser.add_argument("--role", required=True, help="name of the AWS auth role")
    parser.add_argument("--bound-arn", action="append", required=True, help="IAM role ARN; a trailing * matches all")
    parser.add_argument("--token-ttl", default="15m")
    asked = parser.parse_args()
    secrets = json.loads(os.environ.pop("LOCAL_VAULT_SECRETS"))
    users = [DatabaseUsers(**json.loads(text)) for text in [os.environ.pop("LOCAL_VAULT_USERS", "")] if text]

    bao = Bao(asked.folder)

    signal.signal(signal.SIGTERM, _end)
    try:
        bao.wait_until_unsealed()
        for path, value in secrets.items():
            bao.write_secret(path, value)
        for one in users:
            bao.make_users(one)
        bao.write_read_policy(POLICY, [f"secret/data/{path}" for path in secrets])
        role = Role(tuple(asked.bound_arn), (POLICY, USERS_POLICY), asked.token_ttl)
        auth = AwsAuth(asked.mount, {asked.role: role}, asked.server_id, asked.sts_url)
        server = FrontServer(asked.port, bao, auth)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.exit(f"OpenBao ended with status {bao.wait_for_end()}")
    finally:
        bao.stop()


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()

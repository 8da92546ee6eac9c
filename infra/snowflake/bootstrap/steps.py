"""The operator's next steps after a bootstrap."""

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.settings.settings import Settings
from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.bootstrap.trust import Trust

_DEPLOY = ".venv/bin/python -m infra.package.cdk_cli deploy"


def next_steps(changed: Mapping[str, str], trust: Trust, vault_command: str, other_login: str) -> Iterator[str]:
    """Sentences in order; `vault_command` is empty where Vault has the login, `other_login` without another login."""
    if vault_command:
        yield f"give Vault the login:\n{vault_command}"
    if other_login:
        yield (
            f"once Vault has the login and a run has succeeded, take the {other_login} away that it does not need: "
            "run this again with --retire-other-key"
        )
    if changed:
        yield f"deploy: {_DEPLOY}"
    if not trust.queue_arn:
        yield (
            "the queue of the bucket is named once Snowflake can reach the bucket: when it is deployed, run this "
            "again, and deploy again"
        )


def vault_command(settings: Settings, choices: SnowflakeAccount, identifier: str, key_file: Path | None) -> str:
    """Replaces Snowflake's secret in Vault; a key is read from its file and is not part of the command."""
    secret: dict[str, object] = {
        "account": identifier,
        "user": choices.user,
        "role": choices.role,
        "warehouse": choices.warehouse,
        "database": choices.database,
    }
    command = shlex.join(["vault", "kv", "put", f"-mount={settings.vault_kv_mount}", settings.vault_snowflake_path])
    if key_file is None:
        # A list cannot be given as key=value.
        secret |= {
            "authenticator": "WORKLOAD_IDENTITY",
            "workload_identity_provider": "AWS",
            "workload_identity_impersonation_path": [choices.workload_identity_arn],
        }
        return f"{command} - <<< {shlex.quote(json.dumps(secret))}"
    secret["private_key_pem"] = f"@{key_file.resolve()}"
    return f"{command} {shlex.join(f'{name}={value}' for name, value in secret.items())}"

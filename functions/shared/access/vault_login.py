"""Logging in to Vault by the function's AWS role, and what Vault's refusals mean."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boto3
import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultError

from functions.shared.ground.errors import AccessDenied, VaultUnavailable
from functions.shared.ground.observability import logger
from functions.shared.ground.settings import settings

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Token:
    """A login: its client, and how many seconds its token lives. Vault revokes no token of type batch."""

    client: hvac.Client
    lives: float
    revocable: bool


def log_in_to_vault(table: str) -> Token:
    """A new token. Raises AccessDenied where the function has no identity; Vault's errors as `explained` takes them."""
    env = settings()
    client = hvac.Client(url=env.vault_url, timeout=_TIMEOUT_SECONDS, verify=_authorities())
    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise AccessDenied(
            f"{table}: there are no AWS credentials to log in to Vault with; run with the function's IAM role"
        )
    frozen = credentials.get_frozen_credentials()
    made = client.auth.aws.iam_login(
        frozen.access_key,
        frozen.secret_key,
        frozen.token,
        header_value=env.vault_server_id or None,
        role=env.vault_role,
        region=env.vault_sts_region or "us-east-1",
        mount_point=env.vault_auth_mount,
    )["auth"]
    return Token(client, made["lease_duration"], made.get("token_type") != "batch")


def revoke(token: Token) -> None:
    """Ends the token, so that tokens do not pile up in Vault. One that stays ends at its own time: that is logged."""
    if not token.revocable:
        return
    try:
        token.client.auth.token.revoke_self()
    except (requests.RequestException, VaultError) as error:
        logger.warning("Vault's token was not revoked", extra={"error": type(error).__name__, "lives": token.lives})


@contextmanager
def explained(table: str, path: str) -> Iterator[None]:
    """Raises Vault's errors as AccessDenied or VaultUnavailable, naming `table` and what was asked for."""
    env = settings()
    try:
        yield
    except (Forbidden, Unauthorized, InvalidRequest) as error:
        raise AccessDenied(
            f"{table}: Vault at {env.vault_url} refused role {env.vault_role!r} for {path}: {_reason(error)}; check "
            "that the role exists, is bound to the function's IAM role and may read the path. A role of AWS that was "
            "deleted and made again is another one to Vault: write Vault's role anew"
        ) from error
    except InvalidPath as error:
        raise AccessDenied(
            f"{table}: Vault at {env.vault_url} has nothing at {path}; write it, or correct the path"
        ) from error
    except requests.exceptions.SSLError as error:
        raise AccessDenied(
            f"{table}: Vault at {env.vault_url} has a certificate that no known authority signed for this name; set "
            "vault_ca_file to its authority's certificates, and vault_url to a name that it was made for"
        ) from error
    except (requests.RequestException, VaultError) as error:
        raise VaultUnavailable(
            f"{table}: Vault at {env.vault_url} did not answer ({type(error).__name__}) from {env.network}: check that "
            "it runs, is unsealed, and that the security group lets its port out"
        ) from error


@cache
def _authorities() -> str | bool:
    """The path of the CA certificates to verify Vault with; True for the public authorities."""
    pem = settings().vault_ca_pem
    if not pem:
        return True
    file = Path(tempfile.mkdtemp()) / "vault-ca.pem"
    file.write_text(pem)
    return str(file)


def _reason(error: VaultError) -> str:
    return "; ".join(str(text) for text in error.errors or [str(error)]).strip()

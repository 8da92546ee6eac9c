"""Credentials from HashiCorp Vault, which authenticates the function by its AWS role."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import boto3
import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultError

from functions.shared.ground.errors import AccessDenied, VaultUnavailable
from functions.shared.ground.settings import settings

_KV_SECONDS = 300
_TIMEOUT_SECONDS = 10
_cache: dict[str, "Credential"] = {}

Session = TypeVar("Session")


@dataclass(frozen=True)
class Credential:
    """A secret's fields, and until when (seconds of the monotonic clock) they may be used."""

    data: dict[str, Any]
    until: float


def secret(table: str, path: str) -> dict[str, Any]:
    """The KV v2 secret at `path`; cached for a few minutes in a warm container, for all tables.

    Raises AccessDenied where Vault refuses, VaultUnavailable where it does not answer, naming `table`.
    """
    return _cached(table, path, lambda client: _read_kv(client, path)).data


def lease(table: str, path: str, outlives_seconds: float) -> Credential:
    """A database user made by Vault's database engine (`<mount>/creds/<role>`), as {user, password}.

    It is returned only while it is valid for `outlives_seconds` more, the longest that a statement may take. Raises
    AccessDenied, also where the role's leases are shorter than that, and VaultUnavailable, naming `table`.
    """
    return _cached(table, path, lambda client: _read_lease(client, table, path, outlives_seconds))


def log_in(path: str, attempt: Callable[[], Session], is_rejected: Callable[[Exception], bool]) -> Session:
    """What `attempt` opens with the credential at `path`.

    Where its service rejects the credential, it may have been rotated: Vault is asked again, and `attempt` repeated
    once.
    """
    try:
        return attempt()
    except Exception as error:
        if not is_rejected(error):
            raise
    _cache.pop(path, None)
    return attempt()


def _cached(table: str, path: str, read: Callable[[hvac.Client], Credential]) -> Credential:
    credential = _cache.get(path)
    if credential is None or credential.until <= time.monotonic():
        credential = _cache[path] = _request(table, path, read)
    return credential


def _read_kv(client: hvac.Client, path: str) -> Credential:
    answer = client.secrets.kv.v2.read_secret_version(
        path=path, mount_point=settings().vault_kv_mount, raise_on_deleted_version=True
    )
    return Credential(answer["data"]["data"], time.monotonic() + _KV_SECONDS)


def _read_lease(client: hvac.Client, table: str, path: str, outlives_seconds: float) -> Credential:
    answer = client.read(path)
    if not isinstance(answer, dict):
        raise InvalidPath(path)
    lives, login = answer["lease_duration"], answer["data"]
    if lives <= outlives_seconds:
        raise AccessDenied(
            f"{table}: Vault's {path} makes users that live for {lives} s, and one statement may take "
            f"{outlives_seconds:.0f} s; raise default_ttl of the role"
        )
    user = {"user": login["username"], "password": login["password"]}
    return Credential(user, time.monotonic() + lives - outlives_seconds)


def _request(table: str, path: str, read: Callable[[hvac.Client], Credential]) -> Credential:
    env = settings()
    try:
        client = hvac.Client(url=env.vault_url, timeout=_TIMEOUT_SECONDS, verify=_authorities())
        _login(client, table)
        return read(client)
    except (Forbidden, Unauthorized, InvalidRequest) as error:
        raise AccessDenied(
            f"{table}: Vault at {env.vault_url} refused role {env.vault_role!r} for {path}: {_reason(error)}; check "
            "that the role exists, is bound to the function's IAM role and may read the path"
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


def _login(client: hvac.Client, table: str) -> None:
    env = settings()
    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise AccessDenied(
            f"{table}: there are no AWS credentials to log in to Vault with; run with the function's IAM role"
        )
    frozen = credentials.get_frozen_credentials()
    client.auth.aws.iam_login(
        frozen.access_key,
        frozen.secret_key,
        frozen.token,
        header_value=env.vault_server_id or None,
        role=env.vault_role,
        region=env.vault_sts_region or "us-east-1",
        mount_point=env.vault_auth_mount,
    )


def _reason(error: VaultError) -> str:
    return "; ".join(str(text) for text in error.errors or [str(error)]).strip()

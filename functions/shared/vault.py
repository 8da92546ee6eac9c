"""Credentials from HashiCorp Vault, logged in with the function's own AWS identity."""

import time
from typing import Any

import boto3
import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultError

from functions.shared.errors import AccessDenied, VaultUnavailable
from functions.shared.settings import settings

_CACHE_SECONDS = 300
_TIMEOUT_SECONDS = 10
_cache: dict[str, tuple[float, dict[str, Any]]] = {}


def secret(path: str) -> dict[str, Any]:
    """The KV v2 secret at `path`; kept for a few minutes in a warm container.

    Raises AccessDenied where Vault refuses, VaultUnavailable where it does not answer.
    """
    known = _cache.get(path)
    if known and known[0] > time.monotonic():
        return known[1]
    data = _read(path)
    _cache[path] = (time.monotonic() + _CACHE_SECONDS, data)
    return data


def forget(path: str) -> None:
    """Drops a secret that its service rejected, so that the next call reads the rotated one."""
    _cache.pop(path, None)


def _read(path: str) -> dict[str, Any]:
    env = settings()
    try:
        client = hvac.Client(url=env.vault_url, timeout=_TIMEOUT_SECONDS)
        _login(client)
        answer = client.secrets.kv.v2.read_secret_version(
            path=path, mount_point=env.vault_kv_mount, raise_on_deleted_version=True
        )
    except (Forbidden, Unauthorized, InvalidRequest) as error:
        raise AccessDenied(
            f"Vault at {env.vault_url} refused role {env.vault_role!r} for secret {env.vault_kv_mount}/{path}: "
            f"{_reason(error)}; check that the role exists, is bound to the function's IAM role and may read the secret"
        ) from error
    except InvalidPath as error:
        raise AccessDenied(
            f"Vault at {env.vault_url} has no secret {env.vault_kv_mount}/{path}; write it, or correct the path"
        ) from error
    except (requests.RequestException, VaultError) as error:
        raise VaultUnavailable(
            f"Vault at {env.vault_url} did not answer ({type(error).__name__}): check that it runs, is unsealed and "
            "can be reached from the function's subnet"
        ) from error
    data: dict[str, Any] = answer["data"]["data"]
    return data


def _login(client: hvac.Client) -> None:
    env = settings()
    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise AccessDenied("There are no AWS credentials to log in to Vault with; run with the function's IAM role")
    frozen = credentials.get_frozen_credentials()
    client.auth.aws.iam_login(
        frozen.access_key,
        frozen.secret_key,
        frozen.token,
        header_value=env.vault_server_id or None,
        role=env.vault_role,
        mount_point=env.vault_auth_mount,
    )


def _reason(error: VaultError) -> str:
    return "; ".join(str(text) for text in error.errors or [str(error)]).strip()

"""Credentials from HashiCorp Vault, kept for a while in a warm container."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import hvac
from hvac.exceptions import InvalidPath

from functions.shared.access.vault_login import explained, log_in_to_vault, revoke
from functions.shared.ground.errors import AccessDenied
from functions.shared.ground.settings import settings

_KV_SECONDS = 300
_cache: dict[str, "Credential"] = {}

Session = TypeVar("Session")


@dataclass(frozen=True)
class Credential:
    """A secret's fields, and until when they may be used: by the time of day, in seconds since 1970, because in a
    frozen container the monotonic clock stands still."""

    data: dict[str, Any]
    until: float


def secret(table: str, path: str) -> dict[str, Any]:
    """The KV v2 secret at `path`; cached for a few minutes in a warm container, for all tables.

    One login reads all secrets of this function. Raises AccessDenied where Vault refuses, VaultUnavailable where it
    does not answer, naming `table`.
    """
    if not _is_fresh(path):
        own = (settings().vault_aurora_path, settings().vault_snowflake_path)
        _read_secrets(table, [one for one in dict.fromkeys((path, *own)) if one and not _is_fresh(one)])
    return _cache[path].data


def lease(table: str, path: str, outlives_seconds: float) -> Credential:
    """A database user made by Vault's database engine (`<mount>/creds/<role>`), as {user, password}.

    It is returned only while it is valid for `outlives_seconds` more, the longest that a statement may take. Raises
    AccessDenied, also where the role's leases are shorter than that, and VaultUnavailable, naming `table`.
    """
    if not _is_fresh(path):
        _cache[path] = _leased(table, path, outlives_seconds)
    return _cache[path]


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


def _is_fresh(path: str) -> bool:
    return path in _cache and time.time() < _cache[path].until


def _read_secrets(table: str, paths: list[str]) -> None:
    with explained(table, paths[0]):
        token = log_in_to_vault(table)
    try:
        for path in paths:
            with explained(table, path):
                _cache[path] = Credential(_read_kv(token.client, path), time.time() + _KV_SECONDS)
    finally:
        revoke(token)


def _read_kv(client: hvac.Client, path: str) -> dict[str, Any]:
    answer = client.secrets.kv.v2.read_secret_version(
        path=path, mount_point=settings().vault_kv_mount, raise_on_deleted_version=True
    )
    return dict(answer["data"]["data"])


def _leased(table: str, path: str, outlives_seconds: float) -> Credential:
    """The token is not revoked: with a token Vault drops the users that it made for it, at the token's end as well."""
    asked = time.time()
    with explained(table, path):
        token = log_in_to_vault(table)
        answer = token.client.read(path)
        if not isinstance(answer, dict):
            raise InvalidPath(path)
    lives, login = min(answer["lease_duration"], token.lives), answer["data"]
    if lives <= outlives_seconds:
        raise AccessDenied(
            f"{table}: Vault's {path} makes users that live for {lives:.0f} s, and one statement may take "
            f"{outlives_seconds:.0f} s; raise default_ttl of the database role, and token_ttl of the AWS role "
            f"{settings().vault_role!r}, with whose tokens its users end"
        )
    user = {"user": login["username"], "password": login["password"]}
    return Credential(user, asked + lives - outlives_seconds)

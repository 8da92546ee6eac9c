"""Logging in to Aurora, as the user that Vault names or makes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from functions.shared.access import vault
from functions.shared.ground.errors import AccessDenied, SourceUnavailable
from functions.shared.ground.settings import settings

# The fence leaves out sessions with this application_name and user: they only read.
APPLICATION = "aurora-snowflake-sync"
# A serverless cluster that was paused answers after about 15 s.
_CONNECT_TIMEOUT_SECONDS = 20
# A warm session's server may be gone without having closed the connection; packets go unacknowledged for this long.
_UNANSWERED_MILLISECONDS = 60_000
_LEASE_MARGIN_SECONDS = 60
# Amazon's certificate authorities for RDS in every region (truststore.pki.rds.amazonaws.com, global bundle).
_RDS_AUTHORITIES = Path(__file__).with_name("rds_global_bundle.pem")
# A role that the user is a member of; NULL without one.
GROUP_ROLE = """(SELECT min(pg_get_userbyid(roleid)::text) FROM pg_auth_members
  WHERE pg_get_userbyid(member) = current_user AND NOT starts_with(pg_get_userbyid(roleid)::text, 'pg_'))"""


@dataclass(frozen=True)
class Login:
    """An autocommit connection, and what Vault gave it: where it leads, and as whom."""

    connection: Any
    arguments: dict[str, Any]

    def is_current(self, table: str) -> bool:
        """Whether Vault still gives the same, which it is asked once what it gave is over.

        Another host is another cluster (a restore, a clone), whose rows must not be mixed with the former one's.
        Raises VaultUnavailable or AccessDenied, naming `table`.
        """
        return _arguments(table) == self.arguments


def log_in(table: str) -> Login:
    """Opens a connection; a user that Aurora rejects is read from Vault again, because it may have been rotated.

    Raises SourceUnavailable, VaultUnavailable or AccessDenied, naming `table`.
    """

    def attempt() -> Login:
        arguments = _arguments(table)
        return Login(_connected(arguments), arguments)

    try:
        return vault.log_in(_login_path(), attempt, _is_rejected)
    except psycopg2.OperationalError as error:
        if not _is_rejected(error):
            raise SourceUnavailable(
                f"{table}: Aurora could not be reached from {settings().network}: {first_line(error)}; check the "
                "cluster's state, that its security group lets the functions' in, and the host in Vault's secret"
            ) from error
        raise AccessDenied(
            f"{table}: Aurora refused the user of Vault's secret {_login_path()}: {first_line(error)}; "
            "check that the user exists and that the secret holds its present password"
        ) from error


def grantee(user: str, group: str | None) -> str:
    """Whom a GRANT must name that lasts: a user that Vault made ends with its lease, and its group role stays."""
    return group if group and settings().vault_aurora_login_path else user


def first_line(error: Exception) -> str:
    """The first line of a driver's error, without its hints; the error's name where it has no text."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _login_path() -> str:
    """Vault's path of user and password: of its database engine, or of the secret with the whole connection."""
    return settings().vault_aurora_login_path or settings().vault_aurora_path


def _arguments(table: str) -> dict[str, Any]:
    """The arguments of connect; a user that Vault made is used only while it outlives the longest statement."""
    where = vault.secret(table, settings().vault_aurora_path)
    if not settings().vault_aurora_login_path:
        return where
    outlives_seconds = settings().statement_seconds + _LEASE_MARGIN_SECONDS
    return {**where, **vault.lease(table, _login_path(), outlives_seconds).data}


def _connected(secret: dict[str, Any]) -> Any:
    connection = psycopg2.connect(
        **{"sslmode": "verify-full", "sslrootcert": str(_RDS_AUTHORITIES), **secret},
        application_name=APPLICATION,
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        keepalives_idle=60,
        tcp_user_timeout=_UNANSWERED_MILLISECONDS,
    )
    connection.autocommit = True
    return connection


def _is_rejected(error: Exception) -> bool:
    text = str(error) if isinstance(error, psycopg2.OperationalError) else ""
    return "authentication failed" in text or ("role" in text and "does not exist" in text)

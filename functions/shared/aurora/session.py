"""The thin adapter to Aurora PostgreSQL: one warm session per container, and its errors in the workflow's words."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, sql

from functions.shared.access import vault
from functions.shared.ground.errors import AccessDenied, ExportFailed, SourceRejected, SourceUnavailable
from functions.shared.ground.settings import settings

# The fence leaves out sessions of this name and user: they only read.
APPLICATION = "aurora-snowflake-sync"
# Every text that leaves Aurora is made under these settings, whatever the server's own are.
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "row_security": "off",
    "standard_conforming_strings": "on",
}
_CONNECT_TIMEOUT_SECONDS = 10
# How long what was sent may stay unacknowledged: the server of a warm session can be gone without a word.
_UNANSWERED_MILLISECONDS = 60_000
_LEASE_MARGIN_SECONDS = 60
# Amazon's certificate authorities for RDS in every region (truststore.pki.rds.amazonaws.com, global bundle).
_RDS_AUTHORITIES = Path(__file__).with_name("rds_global_bundle.pem")

Query = str | sql.Composable


class Aurora:
    """One autocommit session; every statement is a transaction of its own unless `snapshot` says otherwise."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, statement: Query) -> None:
        """Runs one statement for its effect."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: Query, values: Any = None) -> list[dict[str, Any]]:
        """All rows of a small result, as dictionaries."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, query: Query, values: Any = None) -> dict[str, Any]:
        """The first row of a result that always has one."""
        return self.rows(query, values)[0]

    def text(self, query: sql.Composable) -> str:
        """A composed query as the text that a function of the server can take."""
        return query.as_string(self._connection)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Statements inside read one and the same snapshot."""
        self._connection.autocommit = False
        try:
            self._connection.set_session(isolation_level="REPEATABLE READ")
            yield
            self._connection.commit()
        except BaseException:
            if not self._connection.closed:
                self._connection.rollback()
            raise
        finally:
            if not self._connection.closed:
                self._connection.set_session(isolation_level="DEFAULT", autocommit=True)

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Of all sessions only one at a time is inside under this name; another waits. No table is locked."""
        self.rows("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        try:
            yield
        finally:
            # A session that ended has left by that alone.
            if not self._connection.closed:
                self.rows("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))

    @property
    def usable(self) -> bool:
        """Whether the warm session still answers, as the writer: a failover may have made it a replica's."""
        try:
            return not self.row("SELECT pg_is_in_recovery() AS replica")["replica"]
        except psycopg2.Error:
            return False


@dataclass(frozen=True)
class _Session:
    """A warm session, and until when (monotonic clock) its user may begin a statement."""

    aurora: Aurora
    until: float


_warm: list[_Session] = []


def connect(table: str) -> Aurora:
    """The container's session, opened with Vault's credentials when there is none that works.

    Raises SourceUnavailable, VaultUnavailable or AccessDenied, naming `table`.
    """
    if not _warm or _warm[0].until <= time.monotonic() or not _warm[0].aurora.usable:
        for session in _warm:
            session.aurora.close()
        _warm[:] = [_open(table)]
    return _warm[0].aurora


def _open(table: str) -> _Session:
    def attempt() -> _Session:
        login = _login_of(table)
        return _Session(_login(login.data), login.until)

    try:
        return vault.log_in(_login_path(), attempt, _is_rejected_login)
    except psycopg2.OperationalError as error:
        if not _is_rejected_login(error):
            raise _unreachable(table, error) from error
        raise AccessDenied(
            f"{table}: Aurora refused the user of Vault's secret {_login_path()}: {_text(error)}; "
            "check that the user exists and that the secret holds its present password"
        ) from error


def _login_path() -> str:
    """Where the user and its password come from: Vault's database engine, or the secret that holds all."""
    return settings().vault_aurora_login_path or settings().vault_aurora_path


def _login_of(table: str) -> vault.Kept:
    """The connection's arguments; of a user that Vault made, only while it outlives the longest statement."""
    where = vault.secret(table, settings().vault_aurora_path)
    if not settings().vault_aurora_login_path:
        return vault.Kept(where, math.inf)
    login = vault.lease(table, _login_path(), settings().export_seconds + _LEASE_MARGIN_SECONDS)
    return vault.Kept({**where, **login.data}, login.until)


def _login(secret: dict[str, Any]) -> Aurora:
    connection = psycopg2.connect(
        **{"sslmode": "verify-full", "sslrootcert": str(_RDS_AUTHORITIES), **secret},
        application_name=APPLICATION,
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        keepalives_idle=60,
        tcp_user_timeout=_UNANSWERED_MILLISECONDS,
    )
    connection.autocommit = True
    aurora = Aurora(connection)
    for name, value in _SESSION.items():
        aurora.rows("SELECT set_config(%s, %s, false)", (name, value))
    return aurora


def _is_rejected_login(error: Exception) -> bool:
    text = str(error) if isinstance(error, psycopg2.OperationalError) else ""
    return "authentication failed" in text or ("role" in text and "does not exist" in text)


def _unreachable(table: str, error: Exception) -> SourceUnavailable:
    return SourceUnavailable(
        f"{table}: Aurora could not be reached from {settings().network}: {_text(error)}; check the cluster's state, "
        "that its security group lets the functions' in, and the host in Vault's secret"
    )


@contextmanager
def speaking_of(table: str) -> Iterator[None]:
    """Turns what the driver raises inside into the workflow's errors, each naming `table`."""
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise AccessDenied(
            f"{table}: Aurora refused the sync user: {_text(error)}; grant it what is missing"
        ) from error
    except (errors.SystemError, errors.IoError) as error:
        detail = error.diag.message_detail or ""
        raise ExportFailed(
            f"{table}: Aurora could not write to S3: {_text(error)} {detail}; check the cluster's s3Export role, the "
            "bucket's region and its policy"
        ) from error
    except errors.QueryCanceled as error:
        if "statement timeout" not in _text(error):
            raise _dropped(table, error) from error
        raise SourceRejected(
            f"{table}: a statement took longer than Aurora lets it: {_text(error)}; in state Export lower the context "
            "key slice_megabytes, elsewhere raise the sync role's statement_timeout, and look for what blocks the table"
        ) from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise _dropped(table, error) from error
    except psycopg2.Error as error:
        raise SourceRejected(
            f"{table}: Aurora rejected a statement: {_text(error)}; compare the table's specification with the table"
        ) from error


def _dropped(table: str, error: Exception) -> SourceUnavailable:
    return SourceUnavailable(
        f"{table}: Aurora dropped or cancelled the statement: {_text(error)}; if retries do not help, see who ended it "
        "in Aurora's log, then re-run the table"
    )


def _text(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

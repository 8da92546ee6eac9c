"""The one way to Snowflake: a warm session per container, whose errors are the workflow's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import snowflake.connector
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import serialization
from snowflake.connector import DictCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import Error, ProgrammingError

from functions.shared.access import vault
from functions.shared.ground.errors import AccessDenied, WarehouseUnavailable
from functions.shared.ground.settings import settings
from functions.shared.snowflake.driver_errors import text_of, translated
from functions.shared.snowflake.session_parameters import session_parameters

# An object is not there; a view names one that is not; an object that SHOW, DESCRIBE or USE names is not there.
_MISSING_OBJECT = (2003, 2037, 2043)
_MISSING_COLUMN = 904
_REJECTED_LOGIN = {250001, 390100, 390144, 251005}
# Keeps the connector from calling several clouds' metadata services.
_NO_PLATFORM_DETECTION = 0
# A login may be tried twice, and the shortest function that logs in ends after two minutes.
_LOGIN_SECONDS = 40


class SnowflakeSession:
    """One autocommit session."""

    def __init__(self, connection: snowflake.connector.SnowflakeConnection) -> None:
        self._connection = connection

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a small result; each `%s` in the query is one of the values."""
        with self._connection.cursor(DictCursor) as cursor:
            cursor.execute(query, list(values) or None)
            return [dict(row) for row in cursor.fetchall()]

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Runs one statement for its effect."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, list(values) or None)

    def run(self, statement: str) -> str:
        """Runs one statement and returns its query id, by which RESULT_SCAN finds its result."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return str(cursor.sfqid)

    def submit(self, statement: str) -> str:
        """Starts a statement and returns its query id without waiting for it."""
        with self._connection.cursor() as cursor:
            cursor.execute_async(statement)
            return str(cursor.sfqid)

    def is_running(self, query_id: str) -> bool:
        """Whether a submitted statement still runs."""
        status = self._connection.get_query_status(query_id)
        return self._connection.is_still_running(status) or status == QueryStatus.NO_DATA

    def outcome(self, query_id: str) -> Any:
        """The single value of a finished statement's result; raises what the statement raised."""
        with self._connection.cursor() as cursor:
            cursor.get_results_from_sfqid(query_id)
            row = cursor.fetchone()
            return row[0] if isinstance(row, tuple) else None

    @property
    def usable(self) -> bool:
        """Whether the warm session still answers."""
        return self._connection.is_valid()

    def close(self) -> None:
        """Ends the session, unless a submitted statement still runs in it."""
        self._connection.close()


# The container's session, and the secret that it was opened with.
_warm: list[tuple[SnowflakeSession, dict[str, Any]]] = []


@contextmanager
def snowflake_session(table: str) -> Iterator[SnowflakeSession]:
    """The container's session, opened with Vault's credentials where none is usable.

    The driver's errors inside are raised as the workflow's, each naming `table`. Raises WarehouseUnavailable,
    VaultUnavailable or AccessDenied where no session can be opened.
    """
    with translated(table):
        yield _connect(table)


@contextmanager
def own_session(table: str) -> Iterator[SnowflakeSession]:
    """A session for one submitted statement and nothing else, closed afterwards.

    A block that runs detached has its transaction in its session, so that another statement there would join it.
    Raises as `snowflake_session` does.
    """
    with translated(table):
        session = _open(table, settings().statement_timeout_seconds)
        try:
            yield session
        finally:
            session.close()


def _connect(table: str) -> SnowflakeSession:
    # Another account, role or key in Vault is another session, also while the former one still answers.
    if not _warm or _warm[0][1] != _secret(table) or not _warm[0][0].usable:
        # One that outlives the function that waits for it would only be repeated.
        session = _open(table, settings().statement_seconds)
        _warm[:] = [(session, _secret(table))]
    return _warm[0][0]


def _secret(table: str) -> dict[str, Any]:
    return vault.secret(table, settings().vault_snowflake_path)


def _open(table: str, statement_seconds: int) -> SnowflakeSession:
    path = settings().vault_snowflake_path

    def attempt() -> SnowflakeSession:
        arguments = _arguments(_secret(table), statement_seconds)
        return SnowflakeSession(snowflake.connector.connect(**arguments))

    try:
        return vault.log_in(path, attempt, _is_rejected_login)
    except Error as error:
        if not _is_rejected_login(error):
            raise WarehouseUnavailable(
                f"{table}: Snowflake could not be reached from {settings().network}: {text_of(error)}; check the "
                "account name, the network policy and the way out of the subnet (NAT, or a PrivateLink endpoint)"
            ) from error
        raise AccessDenied(
            f"{table}: Snowflake refused the user of Vault's secret {path}: {text_of(error)}; check the user and its "
            "key"
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise AccessDenied(
            f"{table}: AWS refused this function the role that Vault's secret {path} names: {error}; deploy with "
            "snowflake_login workload_identity, or give the secret a key"
        ) from error


def _arguments(secret: dict[str, Any], statement_seconds: int) -> dict[str, Any]:
    arguments = {
        **secret,
        "session_parameters": session_parameters(statement_seconds),
        "login_timeout": _LOGIN_SECONDS,
        "network_timeout": settings().statement_seconds,
        "autocommit": True,
        "application": "aurora_snowflake_sync",
        "platform_detection_timeout_seconds": _NO_PLATFORM_DETECTION,
    }
    if pem := arguments.pop("private_key_pem", None):
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        arguments["private_key"] = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    return arguments


def _is_rejected_login(error: Exception) -> bool:
    rejected = isinstance(error, Error) and error.errno in _REJECTED_LOGIN
    return rejected and "could not connect" not in str(error).lower()


def is_missing(error: ProgrammingError) -> bool:
    """Whether the error is that a table does not exist, or is hidden from the role."""
    return error.errno in _MISSING_OBJECT


def is_missing_column(error: ProgrammingError) -> bool:
    """Whether the error is that a table has no such column."""
    return error.errno == _MISSING_COLUMN

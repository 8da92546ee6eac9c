"""The one way to Snowflake: a warm session per container, whose errors are the workflow's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import snowflake.connector
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import serialization
from snowflake.connector import DictCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import Error, ForbiddenError, ProgrammingError

from functions.shared.access import vault
from functions.shared.ground.errors import AccessDenied, WarehouseRejected, WarehouseUnavailable
from functions.shared.ground.settings import settings
from functions.shared.snowflake.session_parameters import SESSION_PARAMETERS

_MISSING_OBJECT = 2003
_DATA_EXCEPTION = "22"  # the class of SQLSTATE; its errors' texts quote values
_MISSING_COLUMN = 904
_REJECTED_LOGIN = {250001, 390100, 390144, 251005}
_SESSION = {
    **SESSION_PARAMETERS,
    "QUERY_TAG": "aurora-snowflake-sync",
    "CLIENT_TELEMETRY_ENABLED": False,
    # A merge must keep running while the container that submitted it is frozen.
    "ABORT_DETACHED_QUERY": False,
}
# Keeps the connector from calling several clouds' metadata services.
_NO_PLATFORM_DETECTION = 0


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


_warm: list[SnowflakeSession] = []


@contextmanager
def snowflake_session(table: str) -> Iterator[SnowflakeSession]:
    """The container's session, opened with Vault's credentials where none is usable.

    The driver's errors inside are raised as the workflow's, each naming `table`. Raises WarehouseUnavailable,
    VaultUnavailable or AccessDenied where no session can be opened.
    """
    with _translated(table):
        yield _connect(table)


def _connect(table: str) -> SnowflakeSession:
    if not _warm or not _warm[0].usable:
        _warm[:] = [_open(table)]
    return _warm[0]


def _open(table: str) -> SnowflakeSession:
    path = settings().vault_snowflake_path

    def attempt() -> SnowflakeSession:
        return SnowflakeSession(snowflake.connector.connect(**_arguments(vault.secret(table, path))))

    try:
        return vault.log_in(path, attempt, _is_rejected_login)
    except Error as error:
        if not _is_rejected_login(error):
            raise WarehouseUnavailable(
                f"{table}: Snowflake could not be reached from {settings().network}: {_text(error)}; check the "
                "account name, the network policy and the way out of the subnet (NAT, or a PrivateLink endpoint)"
            ) from error
        raise AccessDenied(
            f"{table}: Snowflake refused the user of Vault's secret {path}: {_text(error)}; check the user and its key"
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise AccessDenied(
            f"{table}: AWS refused this function the role that Vault's secret {path} names: {error}; deploy with "
            "snowflake_login workload_identity, or give the secret a key"
        ) from error


def _arguments(secret: dict[str, Any]) -> dict[str, Any]:
    arguments = {
        **secret,
        "session_parameters": _SESSION,
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


@contextmanager
def _translated(table: str) -> Iterator[None]:
    """Raises the driver's errors as the workflow's, each naming `table`."""
    try:
        yield
    except ForbiddenError as error:
        raise AccessDenied(
            f"{table}: Snowflake refused the sync role: {_text(error)}; grant it what is missing"
        ) from error
    except ProgrammingError as error:
        raise WarehouseRejected(
            f"{table}: Snowflake rejected a statement: {_text(error)}; FINAL and the watermark are unchanged: mend "
            "the object or the grant that it names, then re-run the table"
        ) from error
    except Error as error:
        raise WarehouseUnavailable(
            f"{table}: Snowflake dropped the statement: {_text(error)}; if retries do not help, see QUERY_HISTORY for "
            "what ended it, then re-run the table"
        ) from error


def is_missing(error: ProgrammingError) -> bool:
    """Whether the error is that a table does not exist, or is hidden from the role."""
    return error.errno == _MISSING_OBJECT


def is_missing_column(error: ProgrammingError) -> bool:
    """Whether the error is that a table has no such column."""
    return error.errno == _MISSING_COLUMN


def _text(error: Error) -> str:
    if (error.sqlstate or "").startswith(_DATA_EXCEPTION):
        return (
            f"a value of a row ({error.errno}, SQLSTATE {error.sqlstate}), which QUERY_HISTORY shows by {error.sfqid}"
        )
    return (error.raw_msg or str(error)).strip().replace("\n", " ")

"""The one way to Aurora: a warm session per container, whose errors are the workflow's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import errors, sql

from functions.shared.aurora.driver_errors import dropped, workflow_error
from functions.shared.aurora.login import Login, log_in
from functions.shared.ground.settings import settings

# Exported texts depend on these settings; the server and the role may have others.
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "row_security": "off",
    "standard_conforming_strings": "on",
    # Settings of PostgreSQL 14 and newer. A statement whose function was killed ends within this time,
    "client_connection_check_interval": "10s",
    # and a frozen container's session lets go, which else keeps a serverless cluster from pausing.
    "idle_session_timeout": "5min",
}
_SET = "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s"

Query = str | sql.Composable


class AuroraSession:
    """One autocommit session: each statement is one transaction, except inside `snapshot`."""

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
        """All statements inside read the same snapshot."""
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
    def advisory_lock(self, name: str) -> Iterator[None]:
        """Holds PostgreSQL's advisory lock of this name; another session waits for it. No table is locked."""
        self.rows("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        try:
            yield
        finally:
            # The end of a session releases its locks.
            if not self._connection.closed:
                self.rows("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))

    @property
    def usable(self) -> bool:
        """Whether the session still answers, as a user that exists, and its server is the writer.

        A failover may have made it a replica; and a user that Vault dropped keeps its session, which can read nothing.
        """
        try:
            return not self.row("SELECT pg_is_in_recovery() AS replica, current_user::text AS role")["replica"]
        except psycopg2.Error:
            return False


# The container's session, and the login that it was opened with.
_warm: list[tuple[AuroraSession, Login]] = []


@contextmanager
def aurora_session(table: str) -> Iterator[AuroraSession]:
    """The container's session, opened with Vault's credentials where none is usable.

    The driver's errors inside are raised as the workflow's, each naming `table`. Raises SourceUnavailable,
    VaultUnavailable or AccessDenied where no session can be opened.
    """
    with _translated(table):
        session = _connect(table)
        try:
            yield session
        except (errors.InsufficientPrivilege, errors.UndefinedObject) as error:
            if session.usable:
                raise
            raise dropped(table, error) from error


def _connect(table: str) -> AuroraSession:
    if not _warm or not _warm[0][1].is_current(table) or not _warm[0][0].usable:
        for session, _ in _warm:
            session.close()
        _warm[:] = [_open(table)]
    return _warm[0][0]


def _open(table: str) -> tuple[AuroraSession, Login]:
    login = log_in(table)
    session = AuroraSession(login.connection)
    for name, value in {**_SESSION, "statement_timeout": f"{settings().statement_seconds}s"}.items():
        session.rows(_SET, (value, name))
    return session, login


@contextmanager
def _translated(table: str) -> Iterator[None]:
    """Raises the driver's errors as the workflow's, each naming `table`."""
    try:
        yield
    except psycopg2.Error as error:
        raise workflow_error(table, error) from error

"""A session's transaction, and the write lock that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from local.snowflake.language.errors import from_engine
from local.snowflake.language.names import Name
from local.snowflake.session.table_times import TableTimes
from local.snowflake.session.write_lock import WriteLock


class Transactions:
    """The transactions of one connection; each holds the account's write lock from its begin to its end."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, write_lock: WriteLock, times: TableTimes) -> None:
        self.duck = duck
        self.times = times
        self.in_transaction = False
        self._write_lock = write_lock
        self._written: set[Name] = set()

    def begin(self) -> None:
        """Start a transaction; like Snowflake, a second BEGIN inside one changes nothing."""
        if self.in_transaction:
            return
        self._write_lock.acquire(self)
        try:
            self.duck.execute("BEGIN TRANSACTION")
        except duckdb.Error:
            self._write_lock.release(self)
            raise
        self.in_transaction = True

    def writes(self, table: Name) -> None:
        """Note that the open transaction alters a table."""
        self._written.add(table)

    def commit(self) -> None:
        """Commit the open transaction; nothing happens without one."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction; nothing happens without one."""
        self._end("ROLLBACK")

    @contextmanager
    def ddl(self) -> Iterator[None]:
        """DDL ends the open transaction, waits for other writers and commits by itself."""
        self.commit()
        taken = self._write_lock.acquire(self)
        try:
            yield
        finally:
            if taken:
                self._write_lock.release(self)

    def in_one_step(self, statements: list[str]) -> None:
        """Run the engine's own statements on one database: all of them or none."""
        self.duck.execute("BEGIN TRANSACTION")
        try:
            for statement in statements:
                self.duck.execute(statement)
        except duckdb.Error as error:
            self.duck.execute("ROLLBACK")
            raise from_engine(error) from error
        self.duck.execute("COMMIT")

    def _end(self, how: str) -> None:
        if not self.in_transaction:
            return
        try:
            self.duck.execute(how)
        except duckdb.Error as error:
            if how == "COMMIT":
                self.duck.execute("ROLLBACK")
            raise from_engine(error) from error
        else:
            self.times.altered(self._written if how == "COMMIT" else ())
        finally:
            self._written.clear()
            self.in_transaction = False
            self._write_lock.release(self)

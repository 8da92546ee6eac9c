"""One Snowflake session: runs statements, which share its transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import duckdb
from fakesnow import statement_type
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.instance import FakeSnow
from snowflake.connector.errors import Error
from sqlglot import Expr, exp
from sqlglot.errors import ParseError

from local.snowflake.engine.cursor import EngineCursor
from local.snowflake.faults import Faults
from local.snowflake.language.errors import from_engine, no_current
from local.snowflake.language.names import Name
from local.snowflake.language.result import Result, status
from local.snowflake.language.script_parser import is_script
from local.snowflake.language.syntax_tree import parsed
from local.snowflake.language.table_functions import scanned_result
from local.snowflake.session import views
from local.snowflake.session.context import RunningTask
from local.snowflake.session.extensions import Extensions
from local.snowflake.session.queries import Queries
from local.snowflake.session.statement_timeout import time_limit
from local.snowflake.session.table_times import TableTimes
from local.snowflake.session.temporary_tables import TemporaryTables, is_temporary
from local.snowflake.session.transactions import Transactions
from local.snowflake.session.write_lock import WriteLock

_READS = (exp.Query, exp.Show, exp.Describe, exp.Use, exp.Set)
_DML = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


@dataclass(frozen=True)
class Shared:
    """What the sessions of one account share."""

    engine: FakeSnow
    write_lock: WriteLock
    queries: Queries
    faults: Faults
    extensions: Extensions
    times: TableTimes


class Session(Transactions):
    """Its writes hold the account's write lock, a transaction until it ends.

    Single statements are serial. Those of two blocks that run at once take turns, in one transaction: BEGIN does
    nothing where the other has begun one, and either ends it for both.
    """

    def __init__(self, shared: Shared, database: str | None, schema: str | None, autocommit: bool = True) -> None:
        super().__init__(shared.engine.duck_conn.cursor(), shared.write_lock, shared.times)
        self._shared = shared
        self.autocommit = autocommit
        self.statement_seconds = 0
        self.task_run: RunningTask | None = None
        database, schema = self._existing(database, schema)
        self._connection = FakeSnowflakeConnection(
            self.duck, shared.engine.results_cache, database, schema, create_database=False, create_schema=False
        )
        self._serial, self._detaching = threading.RLock(), threading.Lock()
        self._detached, self._closing = 0, False
        self._temporary = TemporaryTables(self.resolve)

    @property
    def database(self) -> str | None:
        """The current database."""
        return self._connection.database

    @property
    def schema(self) -> str | None:
        """The current schema."""
        return self._connection.schema

    def _existing(self, database: str | None, schema: str | None) -> tuple[str | None, str | None]:
        """The database and schema of a login: none if the database does not exist, PUBLIC if no schema is named."""
        query = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ?"
        schemas = {name for (name,) in self.duck.execute(query, [database]).fetchall()}
        if not schemas:
            return None, None
        return database, next((name for name in (schema, "PUBLIC") if name in schemas), None)

    def close(self) -> None:
        """Roll back the open transaction and release the write lock, once no detached statement runs any more."""
        with self._detaching:
            self._closing = True
            if self._detached:
                return
        with self._serial:
            self.rollback()
            self.duck.close()

    def detached(self, sql: str, params: Any) -> Callable[[], Result]:
        """A statement that outlives its client and the session's end."""
        with self._detaching:
            self._detached += 1

        def run() -> Result:
            try:
                return self.execute(sql, params)
            finally:
                with self._detaching:
                    self._detached -= 1
                if self._closing:
                    self.close()

        return run

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        with self._serial:
            super().rollback()

    def interrupt(self) -> None:
        """End the engine's present statement."""
        self.duck.interrupt()

    def resolve(self, parts: list[str]) -> Name:
        """Complete a name with the session's database and schema."""
        padded = [self.database, self.schema][: 3 - len(parts)] + parts
        if len(padded) != 3 or not all(padded):
            raise no_current("schema" if padded[0] else "database")
        return Name(*[str(part) for part in padded])

    def leave_database(self) -> None:
        """Unset the current database, so that it can be dropped."""
        self.duck.execute("USE memory")
        self._connection.database, self._connection._schema = None, None
        self._connection.database_set = self._connection.schema_set = False

    def execute(self, sql: str, params: Any = None) -> Result:
        """Run one statement of any kind.

        Raises ProgrammingError, numbered and worded as Snowflake does.
        """
        with nullcontext() if is_script(sql) else self._serial:
            result = self._shared.extensions.run(sql, self)
            return self._execute_engine(sql, params) if result is None else result

    def run(self, expression: Expr, params: Any = None) -> Result:
        """Translate one statement for the engine and run it there, within whatever transaction is open."""
        if isinstance(params, tuple):
            params = list(params)
        if not isinstance(expression, exp.Merge):
            return self._cursor().run(expression, params)
        merged, translated = self._cursor().run_merge(expression, params)
        with self._turn_of_others():
            self._shared.faults.after_merge(translated, self.rollback)
        return merged

    @contextmanager
    def _turn_of_others(self) -> Iterator[None]:
        """The session's other statements run meanwhile."""
        self._serial.release()
        try:
            yield
        finally:
            self._serial.acquire()

    def translate(self, expression: Expr) -> Expr:
        """Snowflake's statement as DuckDB's, both as syntax trees."""
        return self._cursor().translate(expression, None)

    def _cursor(self) -> EngineCursor:
        extensions = self._shared.extensions
        return EngineCursor(self._connection, self.duck, lambda found: extensions.replace_calls(found, self))

    def _execute_engine(self, sql: str, params: Any) -> Result:
        expression = parsed(self._connection.variables.inline_variables(sql))
        if type(expression) in _TRANSACTION:
            _TRANSACTION[type(expression)](self)
            return _done(statement_type.TCL)
        self._temporary.redirect(expression)
        if (query_id := scanned_result(expression)) is not None:
            return self._shared.queries.result(query_id)
        try:
            if isinstance(expression, _READS):
                with time_limit(self.duck, self.statement_seconds):
                    return self.run(expression, params)
            if isinstance(expression, _DML):
                return self._run_dml(expression, params)
            return self._run_ddl(expression, params)
        except (Error, duckdb.Error, ParseError, NotImplementedError, AssertionError) as error:
            missing = views.failed_expansion_of(expression, from_engine(error), self)
            raise missing or from_engine(error, views.qualified_names(expression)) from error

    def _run_ddl(self, expression: Expr, params: Any) -> Result:
        """A temporary table ends the open transaction like other DDL, but waits for nobody."""
        if not is_temporary(expression):
            return self._shared.extensions.run_ddl(expression, params, self)
        self.commit()
        self.duck.execute(self.translate(expression).sql(dialect="duckdb"))
        return _done(statement_type.DDL)

    def _run_dml(self, expression: Expr, params: Any) -> Result:
        if self.in_transaction:
            return self._write(expression, params)
        self.begin()
        try:
            result = self._write(expression, params)
        except BaseException:
            self.rollback()
            raise
        if self.autocommit:
            self.commit()
        return result

    def _write(self, expression: Expr, params: Any) -> Result:
        target = expression.this.find(exp.Table)
        parts = [part.name if part.args.get("quoted") else part.name.upper() for part in target.parts]
        result = self.run(expression, params)
        self.writes(self.resolve(parts))
        return result


_TRANSACTION: dict[type[Expr], Callable[[Session], None]] = {
    exp.Transaction: Session.begin,
    exp.Commit: Session.commit,
    exp.Rollback: Session.rollback,
}


def _done(type_id: int) -> Result:
    result = status("Statement executed successfully.")
    return Result(result.table, result.rowtype, None, type_id)

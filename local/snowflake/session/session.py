"""One Snowflake session: runs statements, one at a time, and owns its transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
from fakesnow import statement_type
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.rowtype import describe_as_rowtype
from snowflake.connector.errors import Error
from sqlglot import Expr, exp, parse_one
from sqlglot.errors import ParseError, TokenError

from local.snowflake.language.errors import from_engine, from_parse_error, no_current, not_supported
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import Name
from local.snowflake.session.engine_cursor import EngineCursor
from local.snowflake.statements import merge
from local.snowflake.statements.ddl import run_ddl
from local.snowflake.statements.dispatch import extension

if TYPE_CHECKING:
    from local.snowflake.state import Warehouse
    from local.snowflake.tasks.task_runs import TaskRun

_READS = (exp.Query, exp.Show, exp.Describe, exp.Use, exp.Set, exp.ListStage)
_DML = (exp.Insert, exp.Update, exp.Delete, exp.Merge)
# fakesnow would run these, but its COPY turns "" into NULL, and files come in through S3.
_REFUSED = (exp.Copy, exp.Put, exp.Get)


class Session:
    """Statements of one session are serial; its writes hold the warehouse's write lock, a transaction until it ends."""

    def __init__(self, warehouse: Warehouse, database: str | None, schema: str | None, autocommit: bool = True) -> None:
        self.warehouse = warehouse
        self.autocommit = autocommit
        self.in_transaction = False
        self.task_run: TaskRun | None = None
        self.duck: duckdb.DuckDBPyConnection = warehouse.engine.duck_conn.cursor()
        database, schema = self._existing(database, schema)
        self.connection = FakeSnowflakeConnection(
            self.duck, warehouse.engine.results_cache, database, schema, create_database=False, create_schema=False
        )
        self._serial = threading.RLock()

    @property
    def database(self) -> str | None:
        return self.connection.database

    @property
    def schema(self) -> str | None:
        return self.connection.schema

    def _existing(self, database: str | None, schema: str | None) -> tuple[str | None, str | None]:
        """What a login can enter: nothing when the database does not exist, PUBLIC when no schema is named."""
        query = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ?"
        schemas = {name for (name,) in self.duck.execute(query, [database]).fetchall()}
        if not schemas:
            return None, None
        return database, next((name for name in (schema, "PUBLIC") if name in schemas), None)

    def fork(self) -> Session:
        """A session of its own at the same place, for what runs beside this one."""
        child = Session(self.warehouse, self.database, self.schema)
        child.connection.variables._variables.update(self.connection.variables._variables)
        return child

    def resolve(self, parts: list[str]) -> Name:
        """Complete a name with the session's database and schema."""
        padded = [self.database, self.schema][: 3 - len(parts)] + parts
        if len(padded) != 3 or not all(padded):
            raise no_current("schema" if padded[0] else "database")
        return Name(*[str(part) for part in padded])

    def execute(self, sql: str, params: Any = None) -> Result:
        """Run one statement of any kind.

        Raises ProgrammingError, numbered and worded as Snowflake does.
        """
        with self._serial:
            if (run := extension(sql)) is not None:
                return run(self)
            return self._execute_engine(sql, params)

    def begin(self) -> None:
        """Start a transaction; like Snowflake, a second BEGIN inside one changes nothing."""
        if self.in_transaction:
            return
        self.warehouse.write_lock.acquire(self)
        try:
            self.duck.execute("BEGIN TRANSACTION")
        except duckdb.Error:
            self.warehouse.write_lock.release(self)
            raise
        self.in_transaction = True

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def close(self) -> None:
        """Roll back what is open and let the next writer in."""
        with self._serial:
            self.rollback()
            self.duck.close()

    @contextmanager
    def ddl(self) -> Iterator[None]:
        """DDL ends the open transaction, waits for other writers and commits by itself."""
        self.commit()
        taken = self.warehouse.write_lock.acquire(self)
        try:
            yield
        finally:
            if taken:
                self.warehouse.write_lock.release(self)

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

    def interrupt(self) -> None:
        self.duck.interrupt()

    def _end(self, how: str) -> None:
        if not self.in_transaction:
            return
        try:
            self.duck.execute(how)
        except duckdb.Error as error:
            if how == "COMMIT":
                self.duck.execute("ROLLBACK")
            raise from_engine(error) from error
        finally:
            self.in_transaction = False
            self.warehouse.write_lock.release(self)

    def _execute_engine(self, sql: str, params: Any) -> Result:
        try:
            expression = parse_one(self.connection.variables.inline_variables(sql), read="snowflake")
        except (ParseError, TokenError) as error:
            raise from_parse_error(error) from None
        if type(expression) in _TRANSACTION:
            _TRANSACTION[type(expression)](self)
            return _done(statement_type.TCL)
        if isinstance(expression, _REFUSED):
            raise not_supported(f"{expression.key.upper()} outside a pipe")
        if (query_id := _scanned_result(expression)) is not None:
            return self.warehouse.queries.result(query_id)
        try:
            if isinstance(expression, _READS):
                return self.run(expression, params)
            if isinstance(expression, _DML):
                return self._run_dml(expression, params)
            return run_ddl(self, expression, params)
        except (Error, duckdb.Error, ParseError, NotImplementedError, AssertionError) as error:
            raise from_engine(error, _qualified_names(expression)) from error

    def _run_dml(self, expression: Expr, params: Any) -> Result:
        if self.in_transaction:
            return self.run(expression, params)
        self.begin()
        try:
            result = self.run(expression, params)
        except BaseException:
            self.rollback()
            raise
        if self.autocommit:
            self.commit()
        return result

    def run(self, expression: Expr, params: Any = None) -> Result:
        """Translate one statement for the engine and run it there, within whatever transaction is open."""
        type_id = statement_type.statement_type_id(expression)
        cursor = EngineCursor(self)
        if isinstance(params, tuple):
            params = list(params)
        cursor.check_db_and_schema(expression)
        if isinstance(expression, exp.Merge):
            translated = cursor.translate(merge.without_target_qualifiers(expression), params)
            merged = merge.run(self.duck, translated)
            self.warehouse.faults.after_merge(self, translated.sql(dialect="duckdb"))
            return merged
        for part in cursor.parts(expression):
            translated = cursor.translate(part, params)
            cursor._execute(translated, params if translated.find(exp.Placeholder) else None)
        described = [(column[0], str(column[1]).strip('"'), None, None, None, None) for column in self.duck.description]
        affected = cursor.rowcount if type_id in statement_type.DML_TYPE_IDS else None
        rowtype = describe_as_rowtype(
            [(name, '"NULL"' if kind == "NULL" else kind, *rest) for name, kind, *rest in described]
        )
        return Result(cursor._arrow_table, rowtype, affected, type_id)


_TRANSACTION: dict[type[Expr], Callable[[Session], None]] = {
    exp.Transaction: Session.begin,
    exp.Commit: Session.commit,
    exp.Rollback: Session.rollback,
}


def _done(type_id: int) -> Result:
    result = status("Statement executed successfully.")
    return Result(result.table, result.rowtype, None, type_id)


def _scanned_result(expression: Expr) -> str | None:
    """The query id of `SELECT * FROM TABLE(RESULT_SCAN('id'))`."""
    source = expression.args.get("from_")
    function = source.this if isinstance(expression, exp.Select) and source else None
    if not isinstance(function, exp.TableFromRows) or function.this.name.upper() != "RESULT_SCAN":
        return None
    if {key for key, value in expression.args.items() if value} - {
        "expressions",
        "from_",
        "kind",
    } or not expression.is_star:
        raise not_supported("RESULT_SCAN other than SELECT * FROM TABLE(RESULT_SCAN('id'))")
    return str(function.this.expressions[0].name)


def _qualified_names(expression: Expr) -> dict[str, str]:
    """Bare table name -> the full name the statement used."""
    return {
        table.name.upper(): ".".join(
            part.name if part.args.get("quoted") else part.name.upper() for part in table.parts
        )
        for table in expression.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
    }

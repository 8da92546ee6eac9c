"""The part of a session that its statements may use."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import duckdb
from sqlglot import Expr

from local.snowflake.language.names import Name
from local.snowflake.language.result import Result
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.table_times import TableTimes


class RunningTask(Protocol):
    """The part of a task's run that the statements of its session use."""

    return_value: str | None

    def configured(self, path: str) -> str | None:
        """The configuration's value at a dotted path as text, all of it for an empty path; None without a value."""


class Context(Protocol):
    """The session of a statement: its current schema, its transaction, and the engine.

    `task_run` is None where no task runs; `duck` is the connection to DuckDB, for DuckDB's own SQL.
    """

    autocommit: bool
    statement_seconds: int
    times: TableTimes
    task_run: RunningTask | None

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        """The session's connection to the engine."""

    @property
    def database(self) -> str | None:
        """The current database."""

    @property
    def schema(self) -> str | None:
        """The current schema."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def resolve(self, parts: list[str]) -> Name:
        """Complete a name with the session's database and schema."""

    def leave_database(self) -> None:
        """Unset the current database."""

    def execute(self, sql: str, params: Any = None) -> Result:
        """Run one statement of any kind."""

    def run(self, expression: Expr, params: Any = None) -> Result:
        """Run one statement of the engine's within whatever transaction is open."""

    def translate(self, expression: Expr) -> Expr:
        """Snowflake's statement as DuckDB's, both as syntax trees."""

    def begin(self) -> None:
        """Start a transaction."""

    def writes(self, table: Name) -> None:
        """Note that the open transaction alters a table."""

    def commit(self) -> None:
        """End the open transaction, if there is one."""

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""

    def ddl(self) -> AbstractContextManager[None]:
        """End the open transaction, wait for other writers and keep them out meanwhile."""

    def in_one_step(self, statements: list[str]) -> None:
        """Run the engine's own statements: all of them or none."""


class Registry(Protocol):
    """Objects of one kind by name, with the statements that make, change, drop and list them."""

    def has(self, name: Name) -> bool:
        """Whether there is an object of this name."""

    def create(self, scanner: Scanner, context: Context, replace: bool) -> Result:
        """Run what follows CREATE [OR REPLACE] and the kind."""

    def alter(self, scanner: Scanner, context: Context) -> Result:
        """Run what follows ALTER and the kind."""

    def drop(self, scanner: Scanner, context: Context) -> Result:
        """Run what follows DROP and the kind."""

    def show(self, scanner: Scanner, context: Context) -> Result:
        """Run what follows SHOW and the kinds."""

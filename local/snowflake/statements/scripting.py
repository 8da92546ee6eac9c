"""Runs a Snowflake Scripting block in a session."""

from __future__ import annotations

from typing import Any

from snowflake.connector.errors import ProgrammingError

from local.snowflake.language.errors import compilation_error
from local.snowflake.language.result import Result, scalar
from local.snowflake.language.script_parser import Assign, If, Raise, Return, Sql, Statement, parse_block
from local.snowflake.language.script_variables import Variables
from local.snowflake.session.context import Context

COLUMN = "anonymous block"


class _Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


def run_block(text: str, context: Context) -> Result:
    """Execute `BEGIN … END` and return its one value as one row.

    An error that leaves the block rolls back the transaction that the block left open, then raises ProgrammingError.
    """
    block = parse_block(text)
    run = _Run(context)
    was_open = context.in_transaction
    try:
        try:
            run.statements(block.body)
        except ProgrammingError as error:
            if block.handler is None:
                raise
            run.handle(block.handler, error)
    except _Returned as returned:
        return scalar(COLUMN, returned.value)
    except BaseException:
        if not was_open:
            context.rollback()
        raise
    return scalar(COLUMN, None)


class _Run:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._variables = Variables()
        self._error: ProgrammingError | None = None

    def handle(self, handler: tuple[Statement, ...], error: ProgrammingError) -> None:
        self._error = error
        for name, value in (("SQLERRM", error.msg), ("SQLCODE", error.errno), ("SQLSTATE", error.sqlstate)):
            self._variables.declare(name, None, value)
        self.statements(handler)

    def statements(self, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        match statement:
            case Assign(name, kind, expression, declares):
                self._assign(name, kind, expression, declares)
            case If(branches, otherwise):
                chosen = next((body for condition, body in branches if self._evaluate(condition) is True), otherwise)
                self.statements(chosen)
            case Return(expression):
                raise _Returned(self._evaluate(expression))
            case Raise():
                if self._error is None:
                    raise compilation_error("RAISE without an exception being handled.", 1003, "42000")
                raise self._error
            case Sql(text):
                result = self._context.execute(self._variables.bind(text))
                if result.affected is not None:
                    self._variables.declare("SQLROWCOUNT", None, result.affected)

    def _assign(self, name: str, kind: str | None, expression: str | None, declares: bool) -> None:
        if not declares and name not in self._variables:
            raise compilation_error(f"Identifier {name} must be declared before it is assigned.", 2043, "02000")
        kind = kind if declares else self._variables.type_of(name)
        value = None if expression is None else self._evaluate(expression, kind)
        self._variables.declare(name, kind, value)

    def _evaluate(self, expression: str, kind: str | None = None) -> Any:
        bound = self._variables.bind_expression(expression)
        return self._context.execute(
            f"SELECT CAST(({bound}) AS {kind}) AS V" if kind else f"SELECT ({bound}) AS V"
        ).scalar()

"""Which of this package's parts runs a statement; what none of them knows is the engine's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import TokenType, exp, parse_one

from local.snowflake.language.errors import compilation_error, not_supported
from local.snowflake.language.result import Result, scalar
from local.snowflake.language.scanner import Scanner
from local.snowflake.language.script_parser import starts_block
from local.snowflake.session.session_parameters import alter_session
from local.snowflake.statements.account_listing import listing
from local.snowflake.statements.account_objects import account_kind
from local.snowflake.statements.alter_table import alter_table, is_column_change
from local.snowflake.statements.describe import describe_columns, describes_columns
from local.snowflake.statements.grants import is_grant, run_grant
from local.snowflake.statements.scripting import run_block

if TYPE_CHECKING:
    from local.snowflake.session.session import Session

Run = Callable[["Session"], Result]


def extension(sql: str) -> Run | None:
    """How to run a statement that is not the engine's; None when it is."""
    scanner = Scanner(sql)
    for recognises, run in _STATEMENTS:
        if recognises(scanner):
            return partial(run, scanner)
    return listing(scanner) or _account_statement(scanner) or _registry_statement(scanner)


def _account_statement(scanner: Scanner) -> Run | None:
    """CREATE [OR REPLACE], ALTER and DROP of account-level objects."""
    start, verb = scanner.at, scanner.word()
    if verb not in ("CREATE", "ALTER", "DROP"):
        return None
    scanner.next()
    replaces = verb == "CREATE" and scanner.accept("OR", "REPLACE")
    kind = account_kind(scanner)
    if kind is None:
        scanner.at = start
        return None

    def run(session: Session) -> Result:
        account = session.warehouse.account
        if verb == "CREATE":
            return account.create(kind, scanner, replaces)
        return account.alter(kind, scanner) if verb == "ALTER" else account.drop(kind, scanner)

    return run


def _registry_statement(scanner: Scanner) -> Run | None:
    """CREATE [OR REPLACE], ALTER, DROP and SHOW of pipes and tasks."""
    verb = scanner.word()
    if verb not in ("CREATE", "ALTER", "DROP", "SHOW"):
        return None
    replaces = verb == "CREATE" and (scanner.word(1), scanner.word(2)) == ("OR", "REPLACE")
    kind = scanner.word(3 if replaces else 1)
    registry = {"PIPE": "pipes", "PIPES": "pipes", "TASK": "tasks", "TASKS": "tasks"}.get(kind)
    if registry is None or (verb == "SHOW") != kind.endswith("S"):
        return None
    scanner.at += 4 if replaces else 2

    def run(session: Session) -> Result:
        objects = getattr(session.warehouse, registry)
        if verb == "CREATE":
            result: Result = objects.create(scanner, session, replaces)
        else:
            result = getattr(objects, verb.lower())(scanner, session)
        return result

    return run


def _execute_immediate(scanner: Scanner, session: Session) -> Result:
    """EXECUTE IMMEDIATE of a literal: a block or any one statement."""
    token = scanner.token()
    if token is None or token.token_type not in (TokenType.STRING, TokenType.RAW_STRING):
        raise scanner.unexpected()
    text = scanner.string()
    scanner.expect_end()
    return session.execute(text)


def _call(scanner: Scanner, session: Session) -> Result:
    """CALL SYSTEM$SET_RETURN_VALUE of a string, which in a block is a bound variable."""
    name = scanner.next().text.upper()
    argument = scanner.parenthesized()
    scanner.expect_end()
    if name != "SYSTEM$SET_RETURN_VALUE":
        raise not_supported(f"CALL {name}")
    if session.task_run is None:
        raise compilation_error(f"{name} can only be called by a task.", 2000, "42000")
    if not _is_constant(argument):
        raise compilation_error(
            f"argument 1 to function {name} needs to be constant, found '{argument}'", 1015, "22023"
        )
    session.task_run.return_value = session.execute(f"SELECT CAST({argument} AS VARCHAR) AS V").scalar()
    return scalar(name, session.task_run.return_value)


def _is_constant(sql: str) -> bool:
    """A literal, or what a bound variable became."""
    parsed = parse_one(sql, read="snowflake")
    while isinstance(parsed, (exp.Cast, exp.Paren)):
        parsed = parsed.this
    return isinstance(parsed, (exp.Literal, exp.Null, exp.Boolean))


def _execute_task(scanner: Scanner, session: Session) -> Result:
    return session.warehouse.tasks.execute(scanner, session)


_STATEMENTS: tuple[tuple[Callable[[Scanner], bool], Callable[[Scanner, Session], Result]], ...] = (
    (is_grant, run_grant),
    (starts_block, lambda scanner, session: run_block(scanner.sql, session)),
    (lambda scanner: scanner.accept("EXECUTE", "IMMEDIATE"), _execute_immediate),
    (lambda scanner: scanner.accept("EXECUTE", "TASK"), _execute_task),
    (lambda scanner: scanner.accept("ALTER", "SESSION"), alter_session),
    (lambda scanner: scanner.accept("CALL"), _call),
    (is_column_change, alter_table),
    (describes_columns, describe_columns),
)

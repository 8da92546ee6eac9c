"""Finds the part of this package that runs a statement; the engine runs all others."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import TokenType, exp, parse_one

from local.snowflake.account.listing import listing
from local.snowflake.account.objects import account_kind
from local.snowflake.language.errors import cannot_be_used, compilation_error, not_supported
from local.snowflake.language.result import Result, scalar, status
from local.snowflake.language.scanner import Scanner
from local.snowflake.language.script_parser import starts_block
from local.snowflake.session.context import Context
from local.snowflake.session.session_parameters import alter_session
from local.snowflake.statements.alter_table import alter_table, is_column_change
from local.snowflake.statements.describe import describe_columns, describes_columns
from local.snowflake.statements.grants import is_grant, require_schema, run_grant
from local.snowflake.statements.list_files import list_files, lists_files
from local.snowflake.statements.objects import Objects
from local.snowflake.statements.scripting import run_block


def run_extension(sql: str, context: Context, objects: Objects) -> Result | None:
    """Run a statement that is not the engine's; None, without any effect, when it is."""
    scanner = Scanner(sql)
    if scanner.word() in _DDL:
        context.commit()
    for recognises, run in _STATEMENTS:
        if recognises(scanner):
            return run(scanner, context, objects)
    if (listed := listing(scanner, objects.account)) is not None:
        return listed
    if (done := _account_statement(scanner, objects)) is not None:
        return done
    return _registry_statement(scanner, context, objects)


def _use_warehouse(scanner: Scanner, _: Context, objects: Objects) -> Result:
    """USE WAREHOUSE, of one that is there."""
    name = scanner.identifier()
    scanner.expect_end()
    if not objects.account.has("WAREHOUSE", name):
        raise cannot_be_used()
    return status("Statement executed successfully.")


def _alter_schema(scanner: Scanner, context: Context, objects: Objects) -> Result:
    """ALTER SCHEMA database.schema SET DATA_RETENTION_TIME_IN_DAYS = days."""
    parts = scanner.parts()
    require_schema(context, parts)
    scanner.expect("SET", "DATA_RETENTION_TIME_IN_DAYS", "=")
    days = scanner.next().text
    scanner.expect_end()
    if not (days.isdigit() and int(days) <= _LONGEST_RETENTION_DAYS):
        raise compilation_error(f"invalid value [{days}] for parameter 'DATA_RETENTION_TIME_IN_DAYS'", 1008, "22023")
    objects.account.schema_retention[".".join(parts)] = days
    return status("Statement executed successfully.")


def _account_statement(scanner: Scanner, objects: Objects) -> Result | None:
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
    if verb == "CREATE":
        return objects.account.create(kind, scanner, replaces)
    return objects.account.alter(kind, scanner) if verb == "ALTER" else objects.account.drop(kind, scanner)


def _registry_statement(scanner: Scanner, context: Context, objects: Objects) -> Result | None:
    """CREATE [OR REPLACE], ALTER, DROP and SHOW of pipes and tasks."""
    verb = scanner.word()
    replaces = verb == "CREATE" and (scanner.word(1), scanner.word(2)) == ("OR", "REPLACE")
    kind = scanner.word(3 if replaces else 1)
    if verb == "SHOW":
        kind = kind.removesuffix("S") if kind.endswith("S") else ""
    registry = objects.registry(kind)
    if verb not in ("CREATE", "ALTER", "DROP", "SHOW") or registry is None:
        return None
    scanner.at += 4 if replaces else 2
    if verb == "CREATE":
        return registry.create(scanner, context, replaces)
    run = {"ALTER": registry.alter, "DROP": registry.drop, "SHOW": registry.show}[verb]
    return run(scanner, context)


def _execute_immediate(scanner: Scanner, context: Context, _: Objects) -> Result:
    """EXECUTE IMMEDIATE of a literal: a block or any one statement."""
    token = scanner.token()
    if token is None or token.token_type not in (TokenType.STRING, TokenType.RAW_STRING):
        raise scanner.unexpected()
    text = scanner.string()
    scanner.expect_end()
    return context.execute(text)


def _call(scanner: Scanner, context: Context, _: Objects) -> Result:
    """CALL SYSTEM$SET_RETURN_VALUE of a string, which in a block is a bound variable."""
    name = scanner.next().text.upper()
    argument = scanner.parenthesized()
    scanner.expect_end()
    if name != "SYSTEM$SET_RETURN_VALUE":
        raise not_supported(f"CALL {name}")
    if context.task_run is None:
        raise compilation_error(f"{name} can only be called by a task.", 2000, "42000")
    if not _is_constant(argument):
        raise compilation_error(
            f"argument 1 to function {name} needs to be constant, found '{argument}'", 1015, "22023"
        )
    context.task_run.return_value = context.execute(f"SELECT CAST({argument} AS VARCHAR) AS V").scalar()
    return scalar(name, context.task_run.return_value)


def _is_constant(sql: str) -> bool:
    """Whether it is a literal, also as a bound variable's value is written."""
    parsed = parse_one(sql, read="snowflake")
    while isinstance(parsed, (exp.Cast, exp.Paren)):
        parsed = parsed.this
    return isinstance(parsed, (exp.Literal, exp.Null, exp.Boolean))


_LONGEST_RETENTION_DAYS = 90
# Each ends the open transaction; TRUNCATE is DML.
_DDL = ("CREATE", "ALTER", "DROP", "UNDROP", "GRANT", "REVOKE", "COMMENT")
_STATEMENTS: tuple[tuple[Callable[[Scanner], bool], Callable[[Scanner, Context, Objects], Result]], ...] = (
    (is_grant, run_grant),
    (lambda scanner: scanner.accept("USE", "WAREHOUSE"), _use_warehouse),
    (lambda scanner: scanner.accept("ALTER", "SCHEMA"), _alter_schema),
    (starts_block, lambda scanner, context, _: run_block(scanner.sql, context)),
    (lambda scanner: scanner.accept("EXECUTE", "IMMEDIATE"), _execute_immediate),
    (
        lambda scanner: scanner.accept("EXECUTE", "TASK"),
        lambda scanner, context, objects: objects.tasks.execute(scanner, context),
    ),
    (lists_files, lambda scanner, context, objects: list_files(scanner, context, objects.pipes)),
    (lambda scanner: scanner.accept("ALTER", "SESSION"), lambda scanner, context, _: alter_session(scanner, context)),
    (lambda scanner: scanner.accept("CALL"), _call),
    (is_column_change, lambda scanner, context, objects: alter_table(scanner, context, objects.pipes)),
    (describes_columns, lambda scanner, context, _: describe_columns(scanner, context)),
)

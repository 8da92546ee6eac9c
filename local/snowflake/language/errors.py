"""Errors as Snowflake numbers and words them."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb
from snowflake.connector.errors import Error, ProgrammingError
from sqlglot.errors import ParseError, TokenError


def compilation_error(detail: str, errno: int, sqlstate: str) -> ProgrammingError:
    """A statement Snowflake would reject before running it."""
    return ProgrammingError(msg=f"SQL compilation error:\n{detail}", errno=errno, sqlstate=sqlstate)


def does_not_exist(kind: str, name: str) -> ProgrammingError:
    """`kind` is Snowflake's word for the object (Object, Table, Pipe, Task, Stage); `name` is shown as given."""
    sqlstate = "42S02" if kind in ("Object", "Table", "View") else "02000"
    return compilation_error(f"{kind} '{name}' does not exist or not authorized.", 2003, sqlstate)


def cannot_be_used() -> ProgrammingError:
    """USE of an object that is not there, or that the role may not use."""
    return compilation_error("Object does not exist, or operation cannot be performed.", 2043, "02000")


def failed_expansion(view: str, cause: ProgrammingError) -> ProgrammingError:
    """A view names an object that is not there any more."""
    return compilation_error(f"Failure during expansion of view '{view}': {cause.raw_msg}", 2037, "42601")


def already_exists(name: str) -> ProgrammingError:
    """A statement would make an object that already exists."""
    return compilation_error(f"Object '{name}' already exists.", 2002, "42710")


def no_current(kind: str) -> ProgrammingError:
    """A name is not complete and the session has no database or schema to complete it with."""
    return ProgrammingError(
        msg=f"Cannot perform operation. This session does not have a current {kind}. "
        f"Call 'USE {kind.upper()}', or use a qualified name.",
        errno=90105 if kind == "database" else 90106,
        sqlstate="22000",
    )


def not_supported(what: str) -> ProgrammingError:
    """A Snowflake feature this stand-in does not have: refused, never ignored."""
    return ProgrammingError(
        msg=f"Unsupported feature '{what}': the laptop's Snowflake does not have it.", errno=2, sqlstate="0A000"
    )


def syntax_error(unexpected: str, sql: str, position: int) -> ProgrammingError:
    """`position` is the character offset of the unexpected text in `sql`."""
    before = sql[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1)
    return compilation_error(f"syntax error line {line} at position {column} unexpected '{unexpected}'.", 1003, "42000")


def from_parse_error(error: ParseError | TokenError) -> ProgrammingError:
    """Translate sqlglot's error."""
    details = getattr(error, "errors", None) or [{}]
    first = details[0]
    if not first.get("line"):
        return compilation_error(f"syntax error: {error}", 1003, "42000")
    unexpected = first.get("highlight") or "<EOF>"
    column = max(int(first.get("col") or 0) - len(unexpected), 0)
    return compilation_error(
        f"syntax error line {first['line']} at position {column} unexpected '{unexpected}'.", 1003, "42000"
    )


def from_engine(error: BaseException, qualified: dict[str, str] | None = None) -> ProgrammingError:
    """Translate an error of DuckDB or fakesnow.

    `qualified` maps a table's bare name to the full name the statement used, because DuckDB reports only the former.
    """
    cause = error if isinstance(error, duckdb.Error) else error.__cause__
    if isinstance(cause, duckdb.Error):
        return _from_duckdb(cause, qualified or {})
    if isinstance(error, ProgrammingError):
        return error
    if isinstance(error, Error):
        return ProgrammingError(msg=error.msg, errno=error.errno or 603, sqlstate=error.sqlstate or "XX000")
    if isinstance(error, (ParseError, TokenError)):
        return from_parse_error(error)
    if isinstance(error, NotImplementedError):
        return not_supported(str(error))
    return ProgrammingError(
        msg=f"SQL execution internal error: {type(error).__name__}: {error}", errno=603, sqlstate="XX000"
    )


def _from_duckdb(error: duckdb.Error, qualified: dict[str, str]) -> ProgrammingError:
    text = str(error).split("\n", maxsplit=1)[0]
    if isinstance(error, (duckdb.CatalogException, duckdb.BinderException)):
        return _from_binding(text, qualified)
    for kinds, phrase, errno, sqlstate, message in _EXECUTION_ERRORS:
        if isinstance(error, kinds) and phrase in text:
            return ProgrammingError(msg=message.format(text), errno=errno, sqlstate=sqlstate)
    return ProgrammingError(msg=text, errno=603, sqlstate="XX000")


def _from_binding(text: str, qualified: dict[str, str]) -> ProgrammingError:
    for pattern, build in _BINDING_ERRORS:
        if found := pattern.search(text):
            name = next(group for group in found.groups() if group is not None).strip('"')
            return build(qualified.get(name.upper(), name))
    return compilation_error(text, 2043, "42000")


_Kinds = type[duckdb.Error] | tuple[type[duckdb.Error], ...]
_Builder = Callable[[str], ProgrammingError]

# The first row that matches decides: exception class, phrase in its text, errno, sqlstate, message.
_EXECUTION_ERRORS: tuple[tuple[_Kinds, str, int, str, str], ...] = (
    (duckdb.ParserException, "", 1003, "42000", "SQL compilation error:\nsyntax error: {}"),
    (duckdb.ConstraintException, "NOT NULL", 100072, "22000", "NULL result in a non-nullable column ({})"),
    (duckdb.Error, "same target row more than once", 100090, "42P18", "Duplicate row detected during DML action"),
    (duckdb.InvalidInputException, "Error parsing JSON", 100069, "22P02", "{}"),
    (
        duckdb.InvalidInputException,
        "More than one row returned by a subquery",
        90150,
        "22000",
        "Single-row subquery returns more than one row.",
    ),
    (duckdb.InterruptException, "", 604, "57014", "SQL execution canceled"),
    (
        (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException),
        "",
        100038,
        "22018",
        "{}",
    ),
)

_BINDING_ERRORS: tuple[tuple[re.Pattern[str], _Builder], ...] = (
    (re.compile(r'with name "?(.+?)"? already exists'), already_exists),
    (
        re.compile(r'Function with name "?(.+?)"? does not exist'),
        lambda name: compilation_error(f"Unknown function {name.upper()}.", 2140, "42601"),
    ),
    (re.compile(r"(?:Table|View) with name (.+?) does not exist"), lambda name: does_not_exist("Object", name)),
    (re.compile(r'Schema (?:with name )?"?(.+?)"? does not exist'), lambda name: does_not_exist("Schema", name)),
    (
        re.compile(r'(?:Catalog|Database) (?:with name )?"?(.+?)"? does not exist'),
        lambda name: does_not_exist("Database", name),
    ),
    (
        re.compile(r'Referenced column "(.+?)" (?:was )?not found|does not have a column named "(.+?)"'),
        lambda name: compilation_error(f"error line 1 at position 0\ninvalid identifier '{name}'", 904, "42000"),
    ),
)

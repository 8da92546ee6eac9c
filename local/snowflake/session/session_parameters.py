"""ALTER SESSION: parameters without effect here, and of those that matter only the values that the engine has."""

from __future__ import annotations

from local.snowflake.language.errors import not_supported
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context

SESSION_PARAMETERS = {
    "ABORT_DETACHED_QUERY",
    "AUTOCOMMIT",
    "BINARY_INPUT_FORMAT",
    "BINARY_OUTPUT_FORMAT",
    "DATE_INPUT_FORMAT",
    "CLIENT_SESSION_KEEP_ALIVE",
    "ERROR_ON_NONDETERMINISTIC_MERGE",
    "LOCK_TIMEOUT",
    "QUERY_TAG",
    "QUOTED_IDENTIFIERS_IGNORE_CASE",
    "STATEMENT_TIMEOUT_IN_SECONDS",
    "TIMESTAMP_INPUT_FORMAT",
    "TIMEZONE",
    "TIME_INPUT_FORMAT",
    "USE_CACHED_RESULT",
}
_ONLY: dict[str, set[str]] = {
    "TIMEZONE": {"UTC", "ETC/UTC"},
    "ERROR_ON_NONDETERMINISTIC_MERGE": {"TRUE"},
    "BINARY_INPUT_FORMAT": {"HEX"},
    "BINARY_OUTPUT_FORMAT": {"HEX"},
    "DATE_INPUT_FORMAT": {"AUTO"},
    "TIME_INPUT_FORMAT": {"AUTO"},
    "TIMESTAMP_INPUT_FORMAT": {"AUTO"},
    "QUOTED_IDENTIFIERS_IGNORE_CASE": {"FALSE"},
}


def alter_session(scanner: Scanner, context: Context) -> Result:
    """ALTER SESSION SET name = value … | UNSET name, for parameters that change no value here."""
    if scanner.accept("UNSET"):
        _known(scanner.identifier())
        scanner.expect_end()
        return status("Statement executed successfully.")
    scanner.expect("SET")
    while not scanner.done:
        name = scanner.identifier()
        _known(name)
        scanner.expect("=")
        set_parameter(context, name, scanner.next().text)
        scanner.accept(",")
    return status("Statement executed successfully.")


def set_parameter(context: Context, name: str, value: object) -> None:
    """Apply one session parameter.

    Raises ProgrammingError for a value that would change results in Snowflake and cannot here.
    """
    check_parameter(name, value)
    if name == "STATEMENT_TIMEOUT_IN_SECONDS":
        context.statement_seconds = int(str(value))
    if name == "AUTOCOMMIT":
        context.commit()
        context.autocommit = str(value).upper() == "TRUE"


def check_parameter(name: str, value: object) -> None:
    """Raises ProgrammingError for a value that would change results in Snowflake and cannot here."""
    if name in _ONLY and str(value).upper() not in _ONLY[name]:
        raise not_supported(f"{name} = {value}")


def _known(name: str) -> None:
    if name not in SESSION_PARAMETERS:
        raise not_supported(f"session parameter {name}")

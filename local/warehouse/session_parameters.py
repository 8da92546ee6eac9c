"""ALTER SESSION: parameters that change nothing here; of those that would, only the values that hold here anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.warehouse.errors import not_supported
from local.warehouse.result import Result, status
from local.warehouse.scanner import Scanner

if TYPE_CHECKING:
    from local.warehouse.session import Session

_SESSION_PARAMETERS = {
    "ABORT_DETACHED_QUERY",
    "AUTOCOMMIT",
    "BINARY_INPUT_FORMAT",
    "BINARY_OUTPUT_FORMAT",
    "CLIENT_SESSION_KEEP_ALIVE",
    "ERROR_ON_NONDETERMINISTIC_MERGE",
    "LOCK_TIMEOUT",
    "QUERY_TAG",
    "STATEMENT_TIMEOUT_IN_SECONDS",
    "TIMEZONE",
    "USE_CACHED_RESULT",
}
_ONLY: dict[str, set[str]] = {
    "TIMEZONE": {"UTC", "ETC/UTC"},
    "ERROR_ON_NONDETERMINISTIC_MERGE": {"TRUE"},
    "BINARY_INPUT_FORMAT": {"HEX"},
    "BINARY_OUTPUT_FORMAT": {"HEX"},
}


def alter_session(scanner: Scanner, session: Session) -> Result:
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
        set_parameter(session, name, scanner.next().text)
        scanner.accept(",")
    return status("Statement executed successfully.")


def set_parameter(session: Session, name: str, value: object) -> None:
    """Apply one session parameter.

    Raises ProgrammingError for a value that would change results in Snowflake and cannot here.
    """
    text = str(value).upper()
    if name in _ONLY and text not in _ONLY[name]:
        raise not_supported(f"{name} = {value}")
    if name == "AUTOCOMMIT":
        session.commit()
        session.autocommit = text == "TRUE"


def _known(name: str) -> None:
    if name not in _SESSION_PARAMETERS:
        raise not_supported(f"session parameter {name}")

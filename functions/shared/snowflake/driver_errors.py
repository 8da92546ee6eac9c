"""The driver's errors as the workflow's, judged by Snowflake's number and SQLSTATE.

The driver's classes do not tell them apart: a statement that Snowflake cancelled is a ProgrammingError, and a rejected
one that ran detached may be a DatabaseError.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from snowflake.connector.errors import DatabaseError, Error, ForbiddenError, InterfaceError, OperationalError

from functions.shared.ground.errors import AccessDenied, WarehouseRejected, WarehouseUnavailable

# A statement that took too long, which some accounts report as cancelled.
TIMED_OUT = (630, 604)
_NO_NUMBER = (None, -1)
# An internal error, a lock not had in time, a spent quota of the warehouse, and an ended session: the next call logs in
# again.
_PASSING = {603, 625, *TIMED_OUT, 90073, 370001, *range(390111, 390116)}
_CANCELLED = "57014"
_DATA_EXCEPTION = "22"  # the class of SQLSTATE; its errors' texts quote values
# Connection, system error, internal error.
_PASSING_CLASSES = ("08", "58", "XX")
# The driver's own: the network's.
_OF_THE_NETWORK = (OperationalError, InterfaceError)


def is_transient(error: Error) -> bool:
    """Whether the same statement may succeed later."""
    state = error.sqlstate or ""
    if error.errno in _NO_NUMBER or is_transient_number(error.errno):
        return True
    if state == _CANCELLED or state[:2] in _PASSING_CLASSES:
        return True
    return not isinstance(error, DatabaseError) or isinstance(error, _OF_THE_NETWORK)


def is_transient_number(number: int | None) -> bool:
    """Whether Snowflake's number alone says so."""
    return number in _PASSING


@contextmanager
def translated(table: str) -> Iterator[None]:
    """Raises the driver's errors as the workflow's, each naming `table`."""
    try:
        yield
    except ForbiddenError as error:
        raise AccessDenied(
            f"{table}: Snowflake refused the sync role: {text_of(error)}; grant it what is missing"
        ) from error
    except Error as error:
        if is_transient(error):
            raise WarehouseUnavailable(
                f"{table}: Snowflake dropped the statement: {text_of(error)}; if retries do not help, see "
                "QUERY_HISTORY for what ended it, then re-run the table"
            ) from error
        raise WarehouseRejected(
            f"{table}: Snowflake rejected a statement: {text_of(error)}; FINAL and the watermark are unchanged: mend "
            "the object or the grant that it names, then re-run the table"
        ) from error


def text_of(error: Error) -> str:
    """Snowflake's message on one line, without values of rows."""
    if (error.sqlstate or "").startswith(_DATA_EXCEPTION) and not is_transient(error):
        return (
            f"a value of a row ({error.errno}, SQLSTATE {error.sqlstate}), which QUERY_HISTORY shows by {error.sfqid}"
        )
    return (error.raw_msg or str(error)).strip().replace("\n", " ")

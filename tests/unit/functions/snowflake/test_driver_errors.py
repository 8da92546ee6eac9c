"""What an error of the driver means, whatever class the driver gives it."""

import pytest
from snowflake.connector.errors import (
    DatabaseError,
    Error,
    ForbiddenError,
    InterfaceError,
    InternalServerError,
    OperationalError,
    ProgrammingError,
)

from functions.shared.ground.errors import AccessDenied, WarehouseRejected, WarehouseUnavailable
from functions.shared.snowflake.driver_errors import translated

REJECTED = [
    (2003, "42S02"),
    (2031, "42601"),
    (2037, "42601"),
    (904, "42000"),
    (3001, "42501"),
    (606, "57P03"),
    (100038, "22018"),
    (252004, None),
]
DROPPED = [
    (604, "57014"),
    (630, "57014"),
    (625, "57014"),
    (603, "XX000"),
    (370001, "XX000"),
    (90073, "22000"),
    (390114, "08001"),
    (999999, "57014"),
    (-1, None),
]


@pytest.mark.parametrize("kind", [ProgrammingError, DatabaseError])
@pytest.mark.parametrize(("number", "state"), REJECTED)
def test_a_statement_that_can_never_succeed_is_rejected(kind: type[Error], number: int, state: str | None) -> None:
    text = "what" if state != "22018" else "a value of a row .*"  # the text of a data exception quotes the value
    with pytest.raises(WarehouseRejected, match=rf"^public.t: Snowflake rejected a statement: .*{text}; FINAL"):
        raised(kind("what", errno=number, sqlstate=state))


@pytest.mark.parametrize("kind", [ProgrammingError, DatabaseError])
@pytest.mark.parametrize(("number", "state"), DROPPED)
def test_a_statement_that_may_succeed_later_is_retried(kind: type[Error], number: int, state: str | None) -> None:
    with pytest.raises(WarehouseUnavailable, match=r"^public.t: Snowflake dropped the statement: .*what; if retries"):
        raised(kind("what", errno=number, sqlstate=state))


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("x", errno=250003),
        InterfaceError("x", errno=250002),
        InternalServerError(),
        Error("x", errno=1),
    ],
)
def test_the_networks_errors_are_retried(error: Error) -> None:
    with pytest.raises(WarehouseUnavailable):
        raised(error)


def test_a_refused_role_is_told_at_once() -> None:
    with pytest.raises(AccessDenied):
        raised(ForbiddenError())


def raised(error: Error) -> None:
    with translated("public.t"):
        raise error

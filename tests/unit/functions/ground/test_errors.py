"""The vocabulary of failure."""

import psycopg2
import pytest
from psycopg2 import errors as pg
from snowflake.connector.errors import DatabaseError, ForbiddenError, OperationalError, ProgrammingError

from functions.shared.aurora import session as aurora
from functions.shared.ground import errors
from functions.shared.ground.errors import AccessDenied, PermanentError, SyncError, TransientError
from functions.shared.snowflake.driver_errors import translated

KINDS = [kind for base in (TransientError, PermanentError) for kind in base.__subclasses__()]


def test_every_error_is_either_retried_or_recorded_at_once() -> None:
    assert len(KINDS) >= 10
    assert set(SyncError.__subclasses__()) == {TransientError, PermanentError}
    assert len({kind.__name__ for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_a_leaf_with_a_sentence_about_itself(kind: type[SyncError]) -> None:
    assert not kind.__subclasses__()  # Retry lists names; it knows no inheritance
    assert (kind.__doc__ or "").endswith(".")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (pg.InsufficientPrivilege("permission denied for table t\nHINT: x"), AccessDenied),
        (pg.IoError("could not upload"), errors.ExportFailed),
        (pg.SystemError("could not upload"), errors.ExportFailed),
        (pg.QueryCanceled("canceling statement due to user request"), errors.SourceUnavailable),
        (pg.AdminShutdown("terminating connection"), errors.SourceUnavailable),
        (psycopg2.InterfaceError("connection already closed"), errors.SourceUnavailable),
        (pg.UndefinedColumn("column x does not exist"), errors.SourceRejected),
        (pg.InvalidParameterValue('time zone "Mars" not recognized'), errors.SourceRejected),
    ],
)
def test_what_aurora_says_becomes_the_workflows_error(raised: Exception, told: type[SyncError]) -> None:
    with pytest.raises(told, match=r"^public.orders: ") as caught, aurora._translated("public.orders"):
        raise raised
    assert str(raised).splitlines()[0] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_about_a_value_is_named_without_the_value() -> None:
    said = pg.InvalidTextRepresentation('invalid input syntax for type integer: "canary"')
    with pytest.raises(errors.SourceRejected, match="Invalid") as caught, aurora._translated("public.orders"):
        raise said
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("statement timeout", "in state Export lower the context key slice_megabytes"),
        ("user request", "see who ended it in Aurora's log, then re-run the table"),
    ],
)
def test_a_cancelled_statement_says_what_to_do(reason: str, remedy: str) -> None:
    with pytest.raises(SyncError, match=remedy), aurora._translated("public.orders"):
        raise pg.QueryCanceled(f"canceling statement due to {reason}")


@pytest.mark.parametrize(
    ("raised", "told", "remedy"),
    [
        (ForbiddenError(msg="403"), AccessDenied, "grant it what is missing"),
        (
            ProgrammingError(msg="invalid\nidentifier", errno=904, sqlstate="42000"),
            errors.WarehouseRejected,
            "mend the object or the grant",
        ),
        (OperationalError(msg="connection reset"), errors.WarehouseUnavailable, "see QUERY_HISTORY"),
        (DatabaseError(msg="internal"), errors.WarehouseUnavailable, "see QUERY_HISTORY"),
    ],
)
def test_what_snowflake_says_becomes_the_workflows_error(raised: Exception, told: type[SyncError], remedy: str) -> None:
    with pytest.raises(told, match=rf"^public.orders: .*{remedy}") as caught, translated("public.orders"):
        raise raised
    assert "\n" not in str(caught.value)


def test_an_error_of_our_own_passes_unchanged() -> None:
    own = errors.NullWatermark("public.orders: x")
    with pytest.raises(errors.NullWatermark) as caught, translated("t"), aurora._translated("t"):
        raise own
    assert caught.value is own

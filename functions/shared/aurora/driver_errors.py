"""What the driver's errors mean to the workflow."""

import psycopg2
from psycopg2 import errors

from functions.shared.aurora.login import first_line
from functions.shared.ground.errors import AccessDenied, ExportFailed, SourceRejected, SourceUnavailable, SyncError
from functions.shared.ground.settings import settings


def workflow_error(table: str, error: psycopg2.Error) -> SyncError:
    """The workflow's error for one of the driver's, naming `table`."""
    match error:
        case errors.InsufficientPrivilege():
            return AccessDenied(f"{table}: Aurora refused the sync user: {first_line(error)}; grant it what is missing")
        case errors.SystemError() | errors.IoError():
            return ExportFailed(
                f"{table}: Aurora could not write to S3: {first_line(error)} {error.diag.message_detail or ''}; check "
                "the cluster's s3Export role, the bucket's region and its policy, which asks for the stack's own key"
            )
        case errors.QueryCanceled() if "statement timeout" in first_line(error):
            return _too_slow(table)
        case psycopg2.OperationalError() | psycopg2.InterfaceError():
            return dropped(table, error)
        case _:
            return _rejected(table, error)


def dropped(table: str, error: psycopg2.Error) -> SourceUnavailable:
    """A session or a statement was ended, by a failover, an operator, or because Vault dropped the session's user."""
    return SourceUnavailable(
        f"{table}: Aurora dropped or cancelled the statement: {first_line(error)}; if retries do not help, see who "
        "ended it in Aurora's log, then re-run the table"
    )


def _too_slow(table: str) -> SourceRejected:
    given = settings()
    return SourceRejected(
        f"{table}: a statement of {given.powertools_service_name} took longer than {given.statement_seconds} s, and "
        "Lambda would soon have ended the function; look for what blocks the table. If nothing does: in state Export "
        "lower the context key slice_megabytes, elsewhere index the watermark, or choose a strategy that does not read "
        "the whole table"
    )


def _rejected(table: str, error: psycopg2.Error) -> SourceRejected:
    if isinstance(error, psycopg2.DataError) and not isinstance(error, errors.InvalidParameterValue):
        # Its text quotes the value.
        return SourceRejected(
            f"{table}: Aurora cannot read or convert a value of a row: {type(error).__name__} ({error.pgcode}); see "
            "Aurora's log for the value, and mend it"
        )
    return SourceRejected(
        f"{table}: Aurora rejected a statement: {first_line(error)}; compare the table's specification with the table"
    )

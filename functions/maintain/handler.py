"""Maintain: removes from STAGING and the control tables what no run will read, and counts files without a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from snowflake.connector.errors import ProgrammingError

from functions.maintain.history import prune_history
from functions.maintain.moments import Moments
from functions.maintain.orphans import Orphans, count_orphans
from functions.maintain.pipes import drop, superseded_pipes
from functions.maintain.staging import remove_rows, tables_with_rows
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import MaintenanceFailed, WarehouseUnavailable
from functions.shared.ground.observability import count, logger, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake.session import snowflake_session

# Of the failures, those that the error tells; the log has all.
_TOLD = 5


class Input(Wire):
    """Nothing: maintenance is about all tables that were ever synced."""


class Maintained(Wire):
    """Rows removed from each control table and from STAGING, pipes dropped; the files that belong to no batch."""

    history: dict[str, int]
    staged_rows: int
    pipes: int
    orphans: Orphans | None


class Output(Wire):
    """What was done."""

    maintained: Maintained


@step
def handler(_given: Input) -> Output:
    """Does all that it can; then raises MaintenanceFailed where Snowflake refused some of it."""
    database, now, dropped = settings().snowflake_database, datetime.now(UTC), 0
    moments, history, removed, failures = Moments.before(now), dict[str, int](), dict[str, int](), list[str]()
    orphans: Orphans | None = None
    with snowflake_session("all tables") as snowflake:
        with _going_on(failures, "the control tables"):
            history = prune_history(snowflake, database, moments)
        # After the control tables, so that what is not recorded any more is not merged meanwhile either.
        for objects in tables_with_rows(snowflake, database):
            with _going_on(failures, str(objects.source)):
                removed[str(objects.source)] = remove_rows(snowflake, objects, moments)
        for objects, pipe in superseded_pipes(snowflake, database, now):
            with _going_on(failures, str(objects.source)):
                drop(snowflake, objects, pipe)
                dropped += 1
        with _going_on(failures, "the bucket's files"):
            orphans = count_orphans(snowflake, database, moments)
    maintained = Maintained(history=history, staged_rows=sum(removed.values()), pipes=dropped, orphans=orphans)
    _tell(maintained, removed, failures)
    if failures:
        raise MaintenanceFailed(
            f"all tables: {len(failures)} parts of the maintenance failed, the others are done: "
            f"{'; '.join(failures[:_TOLD])}; mend what they name, then start it again"
        )
    return Output(maintained=maintained)


@contextmanager
def _going_on(failures: list[str], what: str) -> Iterator[None]:
    """Notes what Snowflake refuses as a sentence about `what`, so that the other parts are done."""
    try:
        yield
    except WarehouseUnavailable as error:
        failures.append(str(error))
    except ProgrammingError as error:
        failures.append(f"{what}: {(error.raw_msg or str(error)).strip()}")


def _tell(maintained: Maintained, removed: dict[str, int], failures: list[str]) -> None:
    count("HistoryRowsRemoved", sum(maintained.history.values()))
    count("StagedRowsRemoved", maintained.staged_rows)
    if maintained.orphans:
        count("OrphanFiles", maintained.orphans.files)
        count("OrphanBytes", maintained.orphans.bytes)
    by_table = {name: rows for name, rows in removed.items() if rows}
    logger.info(
        "Maintained",
        extra={"maintained": maintained.model_dump(mode="json"), "staged_rows": by_table, "failures": failures},
    )

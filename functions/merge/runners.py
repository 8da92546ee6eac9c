"""Two ways of running a batch's merge in Snowflake: submitted once, then followed to its end."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from snowflake.connector.errors import Error, ProgrammingError

from functions.shared.contract.names import literal, quote
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.snowflake.control import control_table
from functions.shared.snowflake.driver_errors import TIMED_OUT, is_transient, is_transient_number, text_of
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession, is_missing, own_session
from functions.shared.snowflake.statements import merge_statement

_UNDER_WAY = ("SCHEDULED", "EXECUTING")
# TASK_HISTORY lists a run within seconds.
_LISTED_AFTER = timedelta(seconds=120)


class Runner(Protocol):
    """One way to run a merge."""

    def submit(
        self, snowflake: SnowflakeSession, spec: TableSpec, objects: TableObjects, rules: MergeRules, batch_id: str
    ) -> str:
        """Starts the batch's merge; returns the id by which `poll` and `outcome` find it."""

    def poll(self, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, run: str) -> str | None:
        """The word that the merge ended with where a cheap look tells; None else."""

    def outcome(self, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, run: str) -> str | None:
        """The word that the merge ended with, None while it runs."""


class QueryRunner:
    """The merge as a query in a session of its own."""

    def submit(
        self,
        _snowflake: SnowflakeSession,
        spec: TableSpec,
        objects: TableObjects,
        rules: MergeRules,
        batch_id: str,
    ) -> str:
        """Starts the batch's merge and returns its query id; the warm session's transaction is not touched."""
        with own_session(spec.table_name) as own:
            if spec.warehouse:
                _use(own, spec)
            session = own  # guard: two-merges-in-one-transaction
            return session.submit(merge_statement(objects, rules, batch_id))

    def outcome(self, snowflake: SnowflakeSession, _objects: TableObjects, _batch_id: str, run: str) -> str | None:
        """The word that the merge ended with, None while it runs; raises what a retry would not change."""
        if snowflake.is_running(run):
            return None
        try:
            return str(snowflake.outcome(run))
        except Error as error:
            if not is_transient(error):
                raise
            return f"{_ended_by(error.errno)} {text_of(error)}"

    poll = outcome


class TaskRunner:
    """The merge as a run of the table's task, which is serverless, under its owner."""

    def submit(
        self, snowflake: SnowflakeSession, _spec: TableSpec, objects: TableObjects, _rules: MergeRules, batch_id: str
    ) -> str:
        """Schedules a run of the task for this batch, in place of one that waits; returns the moment."""
        config = json.dumps({"batch_id": batch_id})
        snowflake.execute(f"EXECUTE TASK {objects.staging} USING CONFIG = {literal(config)}")
        return datetime.now(UTC).isoformat()

    def poll(self, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, _run: str) -> str | None:
        """MERGED once the ledger has the batch."""
        ledger = control_table(objects.database, "LEDGER")
        found = snowflake.rows(f'SELECT 1 AS "FOUND" FROM {ledger} WHERE "BATCH_ID" = %s', [batch_id])
        return "MERGED" if found else None

    def outcome(self, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, run: str) -> str | None:
        """The word that the batch's newest run ended with, by TASK_HISTORY; None while one may still come to it."""
        submitted = _moment(run)
        found = snowflake.rows(_history(objects, batch_id, submitted))
        if own := [row for row in found if row["OWN"]]:
            return _word(own[0])
        # A run that waits has the configuration that was given last: those given before it never run.
        replaced = not found and datetime.now(UTC) - submitted > _LISTED_AFTER
        return "TASK_REPLACED" if replaced else None


def _use(own: SnowflakeSession, spec: TableSpec) -> None:
    try:
        own.execute(f"USE WAREHOUSE {quote(str(spec.warehouse))}")
    except ProgrammingError as error:
        if not is_missing(error):
            raise
        raise InvalidConfiguration(
            f"{spec.table_name}: warehouse {spec.warehouse} does not exist, or the sync role may not use it; make it "
            "and name it in the setting snowflake_merge_warehouses before the next bootstrap, or correct the key "
            "warehouse"
        ) from error


def _moment(run: str) -> datetime:
    """When a run of the task was submitted; executions of before that was kept have the word task."""
    return datetime.fromtimestamp(0, UTC) if run == "task" else datetime.fromisoformat(run)


def _history(objects: TableObjects, batch_id: str, submitted: datetime) -> str:
    """The runs of the table's task that have not ended before this one was submitted: this batch's, and those to come.

    COMPLETED_TIME and not SCHEDULED_TIME, because a run that waits may be older than its configuration.
    """
    own = f"COALESCE(CONTAINS(CONFIG, {literal(batch_id)}), FALSE)"
    under_way = ", ".join(literal(state) for state in _UNDER_WAY)
    return (
        f'SELECT STATE, RETURN_VALUE, ERROR_CODE, ERROR_MESSAGE, {own} AS "OWN" '
        f"FROM TABLE({quote(objects.database)}.INFORMATION_SCHEMA.TASK_HISTORY("
        f"TASK_NAME => {literal(objects.source.object_name)}, "
        "SCHEDULED_TIME_RANGE_START => DATEADD(hour, -13, CURRENT_TIMESTAMP()), RESULT_LIMIT => 1000)) "
        f"WHERE DATABASE_NAME = {literal(objects.database)} AND SCHEMA_NAME = 'STAGING' "
        f"AND COALESCE(COMPLETED_TIME, CURRENT_TIMESTAMP()) >= {literal(submitted.isoformat())}::TIMESTAMP_TZ "
        f"AND ({own} OR STATE IN ({under_way})) ORDER BY SCHEDULED_TIME DESC LIMIT 10"
    )


def _word(run: dict[str, Any]) -> str | None:
    if run["STATE"] in _UNDER_WAY:
        return None
    if run["STATE"] == "SUCCEEDED":
        return str(run["RETURN_VALUE"])
    number = int(run["ERROR_CODE"]) if run["ERROR_CODE"] else None
    word = _ended_by(number) if is_transient_number(number) else f"TASK_{run['STATE']}"
    # The text of an error with a number may quote a row's value, and TASK_HISTORY has no SQLSTATE that would say so.
    return (
        f"{word} {number}: see TASK_HISTORY for its message"
        if number
        else f"{word} {run['ERROR_MESSAGE'] or ''}".strip()
    )


def _ended_by(number: int | None) -> str:
    return "TIMED_OUT" if number in TIMED_OUT else "INTERRUPTED"


# By the specification's merge_by.
RUNNERS: Mapping[str, Runner] = {"query": QueryRunner(), "task": TaskRunner()}

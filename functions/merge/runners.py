"""Two ways of running a batch's merge in Snowflake: submitted once, then followed to its end."""

import json
from collections.abc import Mapping
from typing import Protocol

from functions.shared.contract.names import literal, quote
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from functions.shared.snowflake.statements import merge_statement

_UNDER_WAY = ("SCHEDULED", "EXECUTING")


class Runner(Protocol):
    """One way to run a merge."""

    def submit(self, snowflake: SnowflakeSession, objects: TableObjects, rules: MergeRules, batch_id: str) -> str:
        """Starts the batch's merge; returns the id by which `outcome` finds it."""

    def outcome(self, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, run: str) -> str | None:
        """The word that the merge ended with, None while it runs."""


class QueryRunner:
    """The merge as a query in the sync's session."""

    def submit(self, snowflake: SnowflakeSession, objects: TableObjects, rules: MergeRules, batch_id: str) -> str:
        """Starts the batch's merge and returns its query id."""
        return snowflake.submit(merge_statement(objects, rules, batch_id))

    def outcome(self, snowflake: SnowflakeSession, _objects: TableObjects, _batch_id: str, run: str) -> str | None:
        """The word that the merge ended with, None while it runs; raises what it raised."""
        return None if snowflake.is_running(run) else str(snowflake.outcome(run))


class TaskRunner:
    """The merge as a run of the table's task, on the task's warehouse and under its owner."""

    def submit(self, snowflake: SnowflakeSession, objects: TableObjects, _rules: MergeRules, batch_id: str) -> str:
        """Schedules a run of the task for this batch; runs of one task never overlap."""
        config = json.dumps({"batch_id": batch_id})
        snowflake.execute(f"EXECUTE TASK {objects.staging} USING CONFIG = {literal(config)}")
        return "task"

    def outcome(self, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, _run: str) -> str | None:
        """The word that the batch's newest run ended with, None while it runs or TASK_HISTORY does not list it yet."""
        found = snowflake.rows(
            "SELECT STATE, RETURN_VALUE, ERROR_MESSAGE "
            f"FROM TABLE({quote(objects.database)}.INFORMATION_SCHEMA.TASK_HISTORY("
            f"TASK_NAME => {literal(objects.source.object_name)}, "
            "SCHEDULED_TIME_RANGE_START => DATEADD(hour, -12, CURRENT_TIMESTAMP()), RESULT_LIMIT => 1000)) "
            f"WHERE DATABASE_NAME = {literal(objects.database)} AND SCHEMA_NAME = 'STAGING' "
            f"AND CONTAINS(CONFIG, {literal(batch_id)}) ORDER BY SCHEDULED_TIME DESC LIMIT 1"
        )
        if not found or found[0]["STATE"] in _UNDER_WAY:
            return None
        run = found[0]
        if run["STATE"] != "SUCCEEDED":
            return f"TASK_{run['STATE']} {run['ERROR_MESSAGE'] or ''}".strip()
        return str(run["RETURN_VALUE"])


# By the specification's merge_by.
RUNNERS: Mapping[str, Runner] = {"query": QueryRunner(), "task": TaskRunner()}

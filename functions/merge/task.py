"""The merge as a run of the table's task, which has a warehouse and an owner of its own."""

import json

from functions.shared.contract.names import literal, quote
from functions.shared.snowflake.session import Warehouse
from functions.shared.snowflake.statements import MergeRules, TableObjects

_UNDER_WAY = ("SCHEDULED", "EXECUTING")


def submit(target: Warehouse, objects: TableObjects, _rules: MergeRules, batch_id: str) -> str:
    """Schedules a run of the task for this batch; runs of one task never overlap."""
    target.execute(f"EXECUTE TASK {objects.staging} USING CONFIG = {literal(_config(batch_id))}")
    return "task"


def outcome(target: Warehouse, objects: TableObjects, batch_id: str, _run: str) -> str | None:
    """The word that the batch's newest run ended with, None while it runs or TASK_HISTORY does not list it yet."""
    found = target.rows(
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


def _config(batch_id: str) -> str:
    return json.dumps({"batch_id": batch_id})

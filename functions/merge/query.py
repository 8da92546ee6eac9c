"""The merge as a query of the sync's own: submitted once, then followed by its id."""

from functions.shared.snowflake.session import Warehouse
from functions.shared.snowflake.statements import MergeRules, TableObjects, merge_statement


def submit(target: Warehouse, objects: TableObjects, rules: MergeRules, batch_id: str) -> str:
    """Starts the batch's merge and returns its query id."""
    return target.submit(merge_statement(objects, rules, batch_id))


def outcome(target: Warehouse, _objects: TableObjects, _batch_id: str, run: str) -> str | None:
    """The word that the merge ended with, None while it runs; raises what it raised."""
    return None if target.is_running(run) else str(target.outcome(run))

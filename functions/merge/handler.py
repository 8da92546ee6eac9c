"""Merge: submits the batch's merge to Snowflake once, then follows it by its query id."""

import time

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.merge.batches import read_ledger, record_batch
from functions.shared import warehouse
from functions.shared.batch import Batch
from functions.shared.bounds import Bounds
from functions.shared.errors import MergeFailed
from functions.shared.observability import Event, count, logger, step
from functions.shared.settings import settings
from functions.shared.spec import TableSpec, spec_of
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import MergeRules, TableObjects, merge_statement

_PATIENCE_SECONDS = 5
_POLL_SECONDS = 0.2
_REMEDIES = {
    "PARTIAL_LOAD": "STAGING no longer holds every row of the batch; re-run the table, which exports it again",
    "DUPLICATE_KEYS": "its primary_keys occur more than once in one snapshot, so they are no key; name unique columns",
    "NO_BATCH": "the batch is not recorded in CONTROL.BATCHES; re-run the table",
}


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"merge": {status: MERGED, ledger} or {status: RUNNING, query_id, wait_seconds}}.

    Raises MergeFailed where Snowflake refuses; FINAL and the watermark are then as they were.
    """
    spec = spec_of(event["table"])
    batch = Batch.model_validate(event["batch"])
    objects = TableObjects(settings().snowflake_database, spec.source)
    target = warehouse.connect(spec.table_name)
    with warehouse.speaking_of(spec.table_name):
        query_id = event.get("merge", {}).get("query_id") or _submit(target, objects, batch, event, spec)
        if _is_running(target, query_id):
            return {"merge": {"status": "RUNNING", "query_id": query_id, "wait_seconds": 2 * _PATIENCE_SECONDS}}
        outcome = target.outcome(query_id)
        ledger = read_ledger(target, objects, batch.id)
    logger.info("Merge ended", extra={"outcome": outcome, "ledger": ledger})
    if ledger is None and outcome == "CONCURRENT":
        # Another batch of this table was merged meanwhile: nothing was applied, so it is submitted again.
        return {"merge": {"status": "RUNNING", "query_id": None, "wait_seconds": _PATIENCE_SECONDS}}
    if ledger is None:
        raise MergeFailed(f"{spec.table_name}: {_reason(str(outcome), spec)}")
    count("RowsMerged", ledger["merged"])
    count("RowsDeleted", ledger["deleted"])
    count("RowsQuarantined", ledger["quarantined"])
    return {"merge": {"status": "MERGED", "ledger": ledger}}


def _reason(outcome: str, spec: TableSpec) -> str:
    word, *numbers = outcome.split()
    if word == "MASS_DELETE":
        missing, living = numbers
        return (
            f"the snapshot lacks {missing} of FINAL's {living} rows, more than max_delete_percent "
            f"{spec.max_delete_percent} allows to delete; if they are gone on purpose, set max_delete_percent to 100 "
            "for one run"
        )
    return f"the merge ended with {outcome}: {_REMEDIES.get(word, 're-run the table')}"


def _submit(target: Warehouse, objects: TableObjects, batch: Batch, event: Event, spec: TableSpec) -> str:
    bounds = Bounds.model_validate(event["bounds"])
    record_batch(target, objects, bounds, batch, event["execution"], spec.max_delete_percent)
    return target.submit(merge_statement(objects, MergeRules.from_json(event["schema"]), batch.id))


def _is_running(target: Warehouse, query_id: str) -> bool:
    """Waits a moment: most merges end within it, and a wait of the workflow costs transitions."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while target.is_running(query_id):
        if time.monotonic() > deadline:
            return True
        time.sleep(_POLL_SECONDS)
    return False

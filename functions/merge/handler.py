"""Merge: starts the batch's merge in Snowflake once, then follows it to its end."""

import time
from types import ModuleType

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.merge import query, task
from functions.merge.batches import quarantined_columns, read_ledger, record_batch, refused_columns
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import TableSpec, spec_of
from functions.shared.ground.errors import MergeFailed
from functions.shared.ground.observability import Event, count, logger, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.session import Warehouse
from functions.shared.snowflake.statements import MergeRules, TableObjects

_PATIENCE_SECONDS = 5
_POLL_SECONDS = 0.2
_WAYS = {"query": query, "task": task}
# Nothing was applied and nothing is wrong: another batch of the table was merged meanwhile, or its task was busy.
_AGAIN = ("CONCURRENT", "TASK_SKIPPED")
_REMEDIES = {
    "PARTIAL_LOAD": "STAGING does not hold every row of the batch in the table's present layout; re-run the table, "
    "which exports it again",
    "DUPLICATE_KEYS": "its primary_keys occur more than once in one snapshot, so they are no key; name unique columns",
    "NO_BATCH": "the batch is not recorded in CONTROL.BATCHES; re-run the table",
}


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"merge": {status: MERGED, ledger, quarantined_columns} or {status: RUNNING, run, wait_seconds}}.

    Raises MergeFailed where the batch cannot be applied; FINAL and the watermark are then as they were.
    """
    spec = spec_of(event["table"])
    batch, rules = Batch.model_validate(event["batch"]), MergeRules.from_json(event["schema"])
    objects = TableObjects(settings().snowflake_database, spec.source)
    way = _WAYS[spec.merge_by]
    target = warehouse.connect(spec.table_name)
    with warehouse.speaking_of(spec.table_name):
        run = event.get("merge", {}).get("run")
        if run is None:
            bounds = Bounds.model_validate(event["bounds"])
            record_batch(target, objects, bounds, batch, event["execution"], spec.max_delete_percent, rules.version)
            run = way.submit(target, objects, rules, batch.id)
        outcome = _wait(way, target, objects, batch.id, run)
        ledger = read_ledger(target, objects, batch.id)
        if ledger is None and outcome is None:
            return {"merge": {"status": "RUNNING", "run": run, "wait_seconds": 2 * _PATIENCE_SECONDS}}
        if ledger is None and outcome in _AGAIN:
            return {"merge": {"status": "RUNNING", "run": None, "wait_seconds": _PATIENCE_SECONDS}}
        if ledger is None:
            raise MergeFailed(f"{spec.table_name}: {_reason(str(outcome), spec, rules, target, batch.id)}")
        columns = quarantined_columns(target, objects, batch.id) if ledger["quarantined"] else {}
    logger.info("Merge ended", extra={"outcome": outcome, "ledger": ledger, "quarantined_columns": columns})
    count("RowsMerged", ledger["merged"])
    count("RowsDeleted", ledger["deleted"])
    count("RowsQuarantined", ledger["quarantined"])
    return {"merge": {"status": "MERGED", "ledger": ledger, "quarantined_columns": columns}}


def _reason(outcome: str, spec: TableSpec, rules: MergeRules, target: Warehouse, batch_id: str) -> str:
    word, *details = outcome.split(" ", 1)
    if word == "MASS_DELETE":
        missing, living = details[0].split()
        return (
            f"the snapshot lacks {missing} of FINAL's {living} rows, more than max_delete_percent "
            f"{spec.max_delete_percent} allows to delete; if they are gone on purpose, set max_delete_percent to 100 "
            "for one run"
        )
    if word == "UNREPRESENTABLE":
        strict = [column.target_name for column in rules.columns if column.unrepresentable == "fail"]
        refused = refused_columns(target, TableObjects(settings().snowflake_database, spec.source), batch_id)
        counts = ", ".join(f"{name} ({rows} rows)" for name, rows in refused.items() if name in strict)
        return (
            f"FINAL cannot hold values of {counts}, and on_unrepresentable says fail; mend the rows in Aurora, or set "
            "it to quarantine or text"
        )
    return f"the merge ended with {outcome}: {_REMEDIES.get(word, 're-run the table')}"


def _wait(way: ModuleType, target: Warehouse, objects: TableObjects, batch_id: str, run: str) -> str | None:
    """Waits a moment: most merges end within it, and a wait of the workflow costs transitions."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        outcome: str | None = way.outcome(target, objects, batch_id, run)
        if outcome is not None or time.monotonic() > deadline:
            return outcome
        time.sleep(_POLL_SECONDS)

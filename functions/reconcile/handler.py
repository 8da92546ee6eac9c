"""Reconcile: a merged batch counts as loaded only when its ledger adds up and a sample of its rows is equal."""

import time

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.reconcile.evidence import check_ledger, compare_sample, measure_drift
from functions.reconcile.totals import total
from functions.shared.aurora import session as aurora
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import TableSpec, spec_of
from functions.shared.ground.errors import ReconciliationFailed
from functions.shared.ground.freshness import tell_staleness
from functions.shared.ground.observability import Event, count, logger, seconds, step, verdict
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.statements import MergeRules, TableObjects


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"result": what this run of the table has done so far, over its waves}. Raises ReconciliationFailed."""
    spec = spec_of(event["table"])
    name = spec.table_name
    bounds = Bounds.model_validate(event["bounds"])
    rules = MergeRules.from_json(event["schema"])
    objects = TableObjects(settings().snowflake_database, spec.source)
    batch, ledger = Batch.model_validate(event["batch"]), event["merge"]["ledger"]
    with verdict("LedgerMismatches", ReconciliationFailed):
        check_ledger(name, batch.rows, int(event["load"]["loaded"]), ledger)
    with verdict("SampleMismatches", ReconciliationFailed):
        # A replay's rows are no window of Aurora: what there is to compare them with is the ledger.
        drift, sampled = (None, 0) if bounds.replay else _compare(spec, bounds, rules, objects, batch)
    _tell(spec, bounds, drift, sampled)
    wave = {
        "table_name": name,
        "strategy": spec.watermark_type,
        "target": bounds.target,
        **{
            term: ledger[term]
            for term in ("exported", "loaded", "merged", "duplicates", "quarantined", "held", "deleted")
        },
        "quarantined_columns": event["merge"]["quarantined_columns"],
        "drift": drift,
        "sampled": sampled,
        "full_refresh": spec.full_refresh and not bounds.replay,
        "batch_id": batch.id,
        "note": _replayed(ledger, bounds.note) if bounds.replay else bounds.note,
    }
    logger.info("Reconciled", extra={"result": wave})
    return {"result": total(event.get("result"), wave)}


def _tell(spec: TableSpec, bounds: Bounds, drift: float | None, sampled: int) -> None:
    if drift is not None:
        count("WatermarkDrift", drift)
    count("RowsSampled", sampled)
    now = time.time()
    seconds("RunSeconds", now - bounds.started_at / 1000)
    # After a wave that is not the last one, and after a replay, FINAL lacks what no one has counted.
    if bounds.fenced_at is not None and not bounds.more and not bounds.replay:
        tell_staleness(spec, now - bounds.fenced_at / 1000)


def _compare(
    spec: TableSpec, bounds: Bounds, rules: MergeRules, objects: TableObjects, batch: Batch
) -> tuple[float | None, int]:
    name = spec.table_name
    source, target = aurora.connect(name), warehouse.connect(name)
    with aurora.speaking_of(name), warehouse.speaking_of(name):
        drift = measure_drift(source, target, spec, bounds, rules, objects)
        return drift, compare_sample(source, target, spec, bounds, rules, objects, batch.newest_version)


def _replayed(ledger: dict[str, int], note: str) -> str:
    remaining = ledger["quarantined"]
    settled = ledger["exported"] - remaining
    told = f"{ledger['exported']} rows replayed, {settled} settled, {remaining} remain in quarantine"
    return f"{told}; {note}" if note else told

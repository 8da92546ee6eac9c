"""Reconcile: a merged batch counts as loaded only when its ledger adds up and a sample of its rows is equal."""

import time

from pydantic import Field

from functions.reconcile.evidence import PATIENCE_SECONDS, check_ledger, compare_sample, measure_watermark_drift
from functions.shared.aurora.session import aurora_session
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.result import Ledger, Result
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.state import Load, Merged, Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import ReconciliationFailed
from functions.shared.ground.freshness import emit_staleness
from functions.shared.ground.observability import count, logger, seconds, step, verdict
from functions.shared.snowflake.objects import table_objects
from functions.shared.snowflake.session import snowflake_session

_UNANSWERED = f"no row was sampled: Snowflake did not compare them within {PATIENCE_SECONDS} seconds"


class Input(Wire):
    """`result` is that of the run's earlier waves, if there are any."""

    table: Table
    bounds: Bounds
    rules: Rules = Field(validation_alias="schema", serialization_alias="schema")
    batch: Batch
    load: Load
    merge: Merged
    result: Result | None = None


class Output(Wire):
    """What this run of the table has done so far, over its waves."""

    result: Result


@step
def handler(given: Input) -> Output:
    """Raises ReconciliationFailed."""
    spec, bounds, batch, ledger = given.table.specification(), given.bounds, given.batch, given.merge.ledger
    with verdict("LedgerMismatches", ReconciliationFailed):
        check_ledger(spec.table_name, batch.rows, given.load.loaded, ledger)
    with verdict("SampleMismatches", ReconciliationFailed):
        # A replay's rows are not a window of Aurora, so only its ledger can be checked.
        watermark_drift, sampled = (None, 0) if bounds.replay else _compare(spec, given)
    _emit(spec, bounds, watermark_drift, sampled)
    note = bounds.note if sampled is not None else _noted(_UNANSWERED, bounds.note)
    wave = Result(
        table_name=spec.table_name,
        strategy=spec.watermark_type,
        target=bounds.target,
        **ledger.model_dump(),
        quarantined_columns=given.merge.quarantined_columns,
        drift=watermark_drift,
        sampled=sampled or 0,
        full_refresh=spec.full_refresh and not bounds.replay,
        batch_id=batch.id,
        note=_noted(_replayed(ledger), note) if bounds.replay else note,
    )
    logger.info("Reconciled", extra={"result": wave.model_dump()})
    return Output(result=wave.after(given.result))


def _emit(spec: TableSpec, bounds: Bounds, watermark_drift: float | None, sampled: int | None) -> None:
    if watermark_drift is not None:
        count("WatermarkDrift", watermark_drift)
    count("RowsSampled", sampled or 0)
    count("SamplesUnanswered", sampled is None)
    now = time.time()
    seconds("RunSeconds", now - bounds.started_at / 1000)
    # After a wave that is not the last one, and after a replay, it is not known what FINAL lacks.
    if bounds.fenced_at is not None and not bounds.more and not bounds.replay:
        emit_staleness(now - bounds.fenced_at / 1000, spec.max_staleness_minutes)


def _compare(spec: TableSpec, given: Input) -> tuple[float | None, int | None]:
    """The watermark drift, and how many rows were compared; None where Snowflake took too long."""
    bounds, rules, objects = given.bounds, given.rules, table_objects(spec.source)
    with aurora_session(spec.table_name) as aurora, snowflake_session(spec.table_name) as snowflake:
        watermark_drift = measure_watermark_drift(aurora, snowflake, spec, bounds, rules, objects)
        sampled = compare_sample(aurora, snowflake, spec, bounds, rules, objects, given.batch)
        return watermark_drift, sampled


def _replayed(ledger: Ledger) -> str:
    settled = ledger.exported - ledger.quarantined
    return f"{ledger.exported} rows replayed, {settled} settled, {ledger.quarantined} remain in quarantine"


def _noted(sentence: str, note: str) -> str:
    return f"{sentence}; {note}" if note else sentence

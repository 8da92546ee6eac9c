"""Merge: starts the batch's merge in Snowflake once, then follows it to its end."""

import time

from pydantic import Field

from functions.merge.batches import quarantined_columns, read_ledger, record_batch
from functions.merge.outcomes import AGAIN, failure
from functions.merge.runners import RUNNERS, Runner
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.state import Merge, Merged, Merging, Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.observability import count, logger, step
from functions.shared.snowflake.objects import TableObjects, table_objects
from functions.shared.snowflake.session import SnowflakeSession, snowflake_session

_PATIENCE_SECONDS = 5
_POLL_SECONDS = 0.2


class Input(Wire):
    """`merge` is there after the merge was submitted."""

    table: Table
    execution: str
    bounds: Bounds
    rules: Rules = Field(validation_alias="schema", serialization_alias="schema")
    batch: Batch
    merge: Merge | None = None


class Output(Wire):
    """The merge is MERGED, or RUNNING: check again after its wait_seconds."""

    merge: Merge


@step
def handler(given: Input) -> Output:
    """Raises MergeFailed where the batch cannot be applied; FINAL and the watermark are then unchanged."""
    spec, batch, rules = given.table.specification(), given.batch, given.rules
    objects, runner = table_objects(spec.source), RUNNERS[spec.merge_by]
    run = given.merge.run if isinstance(given.merge, Merging) else None
    with snowflake_session(spec.table_name) as snowflake:
        if run is None:
            record_batch(
                snowflake, objects, given.bounds, batch, given.execution, spec.max_delete_percent, rules.schema_version
            )
            run = runner.submit(snowflake, objects, rules, batch.id)
        outcome = _wait(runner, snowflake, objects, batch.id, run)
        ledger = read_ledger(snowflake, objects, batch.id)
        if ledger is None and outcome is None:
            return Output(merge=Merging(run=run, wait_seconds=2 * _PATIENCE_SECONDS))
        if ledger is None and outcome in AGAIN:
            return Output(merge=Merging(wait_seconds=_PATIENCE_SECONDS))
        if ledger is None:
            raise failure(str(outcome), spec, rules, snowflake, objects, batch.id)
        columns = quarantined_columns(snowflake, objects, batch.id) if ledger.quarantined else {}
    logger.info("Merge ended", extra={"outcome": outcome, "ledger": vars(ledger), "quarantined_columns": columns})
    count("RowsMerged", ledger.merged)
    count("RowsDeleted", ledger.deleted)
    count("RowsQuarantined", ledger.quarantined)
    return Output(merge=Merged(ledger=ledger, quarantined_columns=columns))


def _wait(runner: Runner, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str, run: str) -> str | None:
    """Waits up to _PATIENCE_SECONDS: most merges end within it, and a wait of the workflow costs state transitions."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        outcome = runner.outcome(snowflake, objects, batch_id, run)
        if outcome is not None or time.monotonic() > deadline:
            return outcome
        time.sleep(_POLL_SECONDS)

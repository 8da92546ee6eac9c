"""Merge: starts the batch's merge in Snowflake once, then follows it to its end."""

import time

from pydantic import Field

from functions.merge.batches import quarantined_columns, read_ledger, record_batch
from functions.merge.outcomes import failure, repetition
from functions.merge.runners import RUNNERS, Runner
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.state import Merge, Merged, Merging, Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.observability import count, logger, step
from functions.shared.snowflake.objects import TableObjects, table_objects
from functions.shared.snowflake.session import SnowflakeSession, snowflake_session

_PATIENCE_SECONDS = 5
# A look is a request to Snowflake, or in task mode a query.
_POLL_SECONDS = 1.0


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
    before = given.merge if isinstance(given.merge, Merging) else Merging(submissions=0, wait_seconds=0)
    run, submissions = before.run, before.submissions
    with snowflake_session(spec.table_name) as snowflake:
        if run is None:
            record_batch(
                snowflake, objects, given.bounds, batch, given.execution, spec.max_delete_percent, rules.schema_version
            )
            run, submissions = runner.submit(snowflake, spec, objects, rules, batch.id), submissions + 1
        outcome = _wait(runner, snowflake, objects, batch.id, run)
        ledger = read_ledger(snowflake, objects, batch.id)
        if ledger is None and outcome is None:
            return Output(merge=Merging(run=run, submissions=submissions, wait_seconds=2 * _PATIENCE_SECONDS))
        if ledger is None and outcome and (again := repetition(outcome, submissions)):
            logger.warning("The merge is submitted again", extra={"outcome": outcome, "submissions": submissions})
            return Output(merge=Merging(submissions=submissions, wait_seconds=again.wait_seconds))
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
    while time.monotonic() < deadline:
        if (outcome := runner.poll(snowflake, objects, batch_id, run)) is not None:
            return outcome
        time.sleep(_POLL_SECONDS)
    return runner.outcome(snowflake, objects, batch_id, run)

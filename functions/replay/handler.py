"""Replay: puts a table's quarantined rows back into STAGING, for the merge to apply what FINAL can hold now."""

import time

from pydantic import Field

from functions.replay.restage import Restaged, batch_of, refused_files, restage
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds, Quarantined
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.state import Load, Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.observability import count, logger, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake.objects import table_objects
from functions.shared.snowflake.session import snowflake_session
from functions.shared.snowflake.tables import read_rules


class Input(Wire):
    """The table; its specification or columns may have changed since its rows were quarantined."""

    table: Table
    execution: str


class Output(Wire):
    """The parts that the merge needs; only bounds, which are IDLE, where nothing can be replayed."""

    bounds: Bounds
    rules: Rules | None = Field(default=None, validation_alias="schema", serialization_alias="schema")
    batch: Batch | None = None
    load: Load | None = None


@step
def handler(given: Input) -> Output:
    """Stages the rows; until they are merged, every call makes the same batch."""
    spec = given.table.specification()
    objects = table_objects(spec.source)
    with snowflake_session(spec.table_name) as snowflake:
        rules = read_rules(snowflake, objects)
        restaged = restage(snowflake, objects, rules, given.execution) if rules else None
        if rules is None or restaged is None or not restaged.rows:
            note = _nothing(restaged, refused_files(snowflake, objects))
            return Output(bounds=_bounds(spec, note).model_copy(update={"status": "IDLE"}))
        batch = batch_of(snowflake, objects, restaged)
    logger.info("Staged what was in quarantine", extra={"restaged": vars(restaged)})
    count("RowsReplayed", restaged.rows)
    load = Load(status="LOADED", loaded=restaged.rows)
    return Output(bounds=_bounds(spec, restaged.note), rules=rules, batch=batch, load=load)


def _bounds(spec: TableSpec, note: str) -> Bounds:
    return Bounds(
        status="NEW",
        strategy=spec.watermark_type,
        target=spec.source.target(settings().snowflake_database),
        started_at=int(time.time() * 1000),
        measure=spec.measure,
        window=Quarantined(),
        target_exists=True,
        note=note,
    )


def _nothing(restaged: Restaged | None, files: int) -> str:
    refused = f"{files} refused files stay listed until the table's next run, which exports their rows again"
    parts = ["nothing in quarantine", refused if files else "", restaged.note if restaged else ""]
    return "; ".join(part for part in parts if part)

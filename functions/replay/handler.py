"""Replay: puts a table's quarantined rows back into STAGING, for the merge to apply what FINAL can hold now."""

import time

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.replay.restage import Restaged, batch_of, refused_files, restage
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import spec_of
from functions.shared.ground.observability import Event, count, logger, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.rules import read_rules
from functions.shared.snowflake.statements import TableObjects


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"bounds", "schema", "batch", "load"} as the steps before the merge would, or only {"bounds"}: IDLE."""
    spec = spec_of(event["table"])
    name, database = spec.table_name, settings().snowflake_database
    objects = TableObjects(database, spec.source)
    bounds = Bounds(
        status="NEW",
        strategy=spec.watermark_type,
        target=spec.source.target(database),
        started_at=int(time.time() * 1000),
        target_exists=True,
        replay=True,
    )
    target = warehouse.connect(name)
    with warehouse.speaking_of(name):
        rules = read_rules(target, objects)
        restaged = restage(target, objects, rules, event["execution"]) if rules else None
        if rules is None or restaged is None or not restaged.rows:
            note = _nothing(restaged, refused_files(target, objects))
            return {"bounds": bounds.model_copy(update={"status": "IDLE", "note": note}).to_event()}
        batch = batch_of(target, objects, restaged)
    logger.info("Staged what was in quarantine", extra={"restaged": vars(restaged)})
    count("RowsReplayed", restaged.rows)
    return {
        "bounds": bounds.model_copy(update={"note": restaged.note}).to_event(),
        "schema": rules.to_json(),
        "batch": batch.model_dump(),
        "load": {"status": "LOADED", "loaded": restaged.rows},
    }


def _nothing(restaged: Restaged | None, files: int) -> str:
    refused = f"{files} refused files stay listed until the table's next run, which exports their rows again"
    parts = ["nothing in quarantine", refused if files else "", restaged.note if restaged else ""]
    return "; ".join(part for part in parts if part)

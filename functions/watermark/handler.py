"""Watermark: decides what this run of one table reads, or that there is nothing to read."""

import time

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared.aurora import session as aurora
from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.fence import read_fence
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import spec_of
from functions.shared.ground.freshness import tell_staleness
from functions.shared.ground.observability import Event, count, logger, seconds, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.state import read_state
from functions.shared.snowflake.statements import TableObjects
from functions.shared.strategies.checks import check
from functions.shared.strategies.run import Run
from functions.watermark.resolve import resolve
from functions.watermark.slices import Limits, cut

_MEGABYTE = 1_000_000


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"bounds": Bounds}: NEW, IDLE, or SETTLING (ask again after wait_seconds)."""
    spec = spec_of(event["table"])
    name = spec.table_name
    earlier = Bounds.model_validate(event["bounds"]) if "bounds" in event else None
    margin = settings().fence_margin_seconds
    objects = TableObjects(settings().snowflake_database, spec.source)
    common = {
        "target": spec.source.target(settings().snowflake_database),
        "started_at": earlier.started_at if earlier else int(time.time() * 1000),
    }
    limits = Limits(settings().slice_megabytes * _MEGABYTE, settings().wave_slices)
    source = aurora.connect(name)
    with aurora.speaking_of(name):
        relation = read_relation(source, spec)
        check(source, spec, relation)
        fence = read_fence(source, name, margin, watermark=bool(spec.watermarks))
    target = warehouse.connect(name)
    with aurora.speaking_of(name), warehouse.speaking_of(name):
        column = relation.column(spec.watermarks[0]) if spec.watermarks else None
        state = read_state(target, objects, column)
        reading = earlier.reading if earlier else None
        run = Run(source, target, spec, relation, objects, state, fence, margin, reading, earlier is not None)
        bounds = resolve(run, common)
        bounds = cut(source, spec, relation, bounds, limits, earlier)
    fence_lag = (fence.clock - fence.moment).total_seconds()
    seconds("FenceLag", fence_lag)
    # An idle table lacks at most what lies past the fence.
    staleness = {"IDLE": fence_lag, "NEW": bounds.waited}.get(bounds.status)
    if staleness is not None:
        tell_staleness(spec, staleness)
    count("RowsHeld", bounds.held)
    count("LateArrivals", bounds.late)
    logger.info("Resolved bounds", extra={"bounds": bounds.to_event()})
    return {"bounds": bounds.to_event()}

"""Watermark: decides what this run of one table reads, or that there is nothing to read."""

import time
from functools import partial

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.fence import Fence, read_fence
from functions.shared.aurora.session import aurora_session
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.state import Table
from functions.shared.contract.watermark import Progress
from functions.shared.contract.wire import Wire
from functions.shared.ground.freshness import emit_staleness
from functions.shared.ground.observability import count, logger, seconds, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake.objects import table_objects
from functions.shared.snowflake.progress import Readings, read_progress
from functions.shared.snowflake.session import snowflake_session
from functions.shared.strategies.base import Run
from functions.shared.strategies.registry import REGISTRY
from functions.watermark.resolve import resolve, resolve_idle
from functions.watermark.slices import Limits, cut

_MEGABYTE = 1_000_000


class Input(Wire):
    """`progress` is there where the ledger could be believed, `bounds` after a wait for the fence and after a wave."""

    table: Table
    progress: Progress | None = None
    bounds: Bounds | None = None


class Output(Wire):
    """The bounds; while their status is SETTLING, call again after their wait_seconds."""

    bounds: Bounds


@step
def handler(given: Input) -> Output:
    """Raises InvalidConfiguration, NullWatermark, FenceRefused or RowsBehindWatermark."""
    spec, earlier = given.table.specification(), given.bounds
    name, objects = spec.table_name, table_objects(spec.source)
    margin = settings().fence_margin_seconds
    limits = Limits(settings().slice_megabytes * _MEGABYTE, settings().wave_slices)
    with aurora_session(name) as aurora:
        relation = read_relation(aurora, spec)
        REGISTRY[spec.watermark_type].check(aurora, spec, relation)
        fence = read_fence(aurora, name, margin, watermark=bool(spec.watermarks))
        run = partial(
            Run,
            aurora=aurora,
            spec=spec,
            relation=relation,
            readings=Readings(objects),
            fence=fence,
            margin_seconds=margin,
            cluster=given.table.cluster,
            reading=earlier.reading if earlier else None,
            settled=earlier is not None,
        )
        target = spec.source.target(settings().snowflake_database)
        started_at = earlier.started_at if earlier else int(time.time() * 1000)
        bounds = None
        if given.progress and not earlier:
            bounds = resolve_idle(run(progress=given.progress), target, started_at)
        if bounds is None:
            column = relation.column(spec.watermarks[0]) if spec.watermarks else None
            with snowflake_session(name) as snowflake:
                asked = read_progress(snowflake, objects, column)
            bounds = resolve(run(progress=asked), target, started_at)
        bounds = cut(aurora, spec, relation, bounds, limits, earlier)
    _emit(spec, fence, bounds)
    # Not the bounds themselves, nor their slices: those are values of rows.
    logger.info("Resolved bounds", extra={"status": bounds.status, "slices": len(bounds.slices), "held": bounds.held})
    return Output(bounds=bounds)


def _emit(spec: TableSpec, fence: Fence, bounds: Bounds) -> None:
    fence_lag = (fence.clock - fence.moment).total_seconds()
    seconds("FenceLag", fence_lag)
    # An idle table lacks at most what lies past the fence.
    staleness = {"IDLE": fence_lag, "NEW": bounds.waited}.get(bounds.status)
    if staleness is not None:
        emit_staleness(staleness, spec.max_staleness_minutes)
    count("RowsHeld", bounds.held)
    count("LateArrivals", bounds.late)

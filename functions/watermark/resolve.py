"""Chooses the bounds of one run of one table: low from Snowflake, high from Aurora's fence."""

from dataclasses import replace

from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.watermark import Progress
from functions.shared.ground.errors import RowsBehindWatermark
from functions.shared.strategies.base import Run, settle_seconds
from functions.shared.strategies.contents import read_contents, refuse_unread, renamed
from functions.shared.strategies.registry import REGISTRY


def resolve_idle(run: Run, target: str, started_at: int) -> Bounds | None:
    """The bounds by the ledger's progress, if by it there is nothing to read yet; None where FINAL decides.

    FINAL may have grown since the ledger was read: what is idle by less is idle by more, and only that.
    """
    try:
        bounds = resolve(run, target, started_at)
    except RowsBehindWatermark:
        return None
    return None if bounds.status == "NEW" else bounds


def resolve(run: Run, target: str, started_at: int) -> Bounds:
    """The bounds of this run; `target` is FINAL's full name, `started_at` when it began, in milliseconds."""
    went_back = run.progress.version is not None and run.fence.version < run.progress.version
    moved = _moved(run)  # guard: other-cluster-not-noticed
    recreated = run.progress.last.oid not in (None, run.relation.oid)  # guard: recreated-table-not-noticed
    run = replace(run, reload=_reload_reason(run.spec, run.progress, moved, went_back, recreated))
    strategy, last = REGISTRY[run.spec.watermark_type], run.progress.last
    contents = read_contents(run.aurora, run.relation.oid)
    before = last.contents or contents
    if not run.complete:  # guard: rows-behind-the-watermark
        refuse_unread(run, strategy, before, contents)
    answer = strategy.read(run)
    bounds = Bounds(
        status=answer.status,
        strategy=run.spec.watermark_type,
        target=target,
        started_at=started_at,
        measure=run.spec.measure,
        window=answer.window,
        horizon=run.fence.horizon,
        reset=went_back or moved,
        target_exists=run.progress.exists,
        recreated=recreated,
        cluster=run.cluster,
        oid=run.relation.oid,
        shape=run.relation.shape,
        contents=contents,
        held=answer.held,
        late=answer.late,
        waited=answer.waited,
        fenced_at=answer.fenced_at,
        note=answer.note or run.reload,
        wait_seconds=settle_seconds(run) if answer.status == "SETTLING" else 0,
        reading=answer.reading,
    )
    other = last.shape not in (None, bounds.shape) or before != contents
    if bounds.status == "IDLE" and other and not run.complete:  # guard: change-of-an-idle-table-not-noticed
        # There are no rows to read, but FINAL must get the new columns, and the ledger the new contents.
        bounds = bounds.model_copy(update={"status": "NEW", "note": ""})
    if bounds.status == "NEW" and not bounds.complete:
        remarks = [bounds.note, renamed(before, contents)]
        return bounds.model_copy(update={"note": "; ".join(filter(None, remarks))})
    return bounds


def _moved(run: Run) -> bool:
    """Whether the last batch is known to be another cluster's, whose transaction ids say nothing about this one's."""
    before = run.progress.last.cluster
    return None not in (before, run.cluster) and before != run.cluster


def _reload_reason(spec: TableSpec, progress: Progress, moved: bool, went_back: bool, recreated: bool) -> str:
    """Why the run cannot continue from FINAL; empty where it can."""
    if moved:
        return "the cluster is another one (blue/green switchover, restore or clone): reloaded"
    if went_back:
        return "Aurora's transaction ids went back (restore, or another cluster): reloaded"
    if recreated:
        return "the table was dropped and created again: reloaded"
    if progress.lacks:
        return f"FINAL has no column {progress.lacks!r}: reloaded"
    before, now = progress.last.reads, spec.measure
    return f"the watermark was {before} and is now {now}: reloaded" if before not in (None, now) else ""

"""Chooses the bounds of one run of one table: low from Snowflake, high from Aurora's fence."""

from datetime import timedelta
from typing import Any

from psycopg2 import sql

from functions.shared.aurora.moments import in_type, moment_as, zone_of
from functions.shared.aurora.windows import before, comparable, relation, window, written_since
from functions.shared.contract.bounds import Bounds, Contents, reads
from functions.shared.contract.columns import Column
from functions.shared.strategies.contents import read_contents, refuse_unread, renamed
from functions.shared.strategies.integer import integer
from functions.shared.strategies.run import Run, idle, settling

# Well before an xmin window says nothing, an idle table's horizon is renewed.
_XID_RENEWAL = 2**30


def resolve(run: Run, common: dict[str, Any]) -> Bounds:
    """The bounds of this run; `common` holds the fields that do not depend on the strategy."""
    went_back = run.state.version is not None and run.fence.version < run.state.version
    recreated = run.state.last.get("oid") not in (None, run.relation.oid)
    note = _reload_note(run, went_back, recreated)
    bounds = Bounds(
        **common,
        status="NEW",
        strategy=run.spec.watermark_type,
        target_exists=run.state.exists,
        horizon=run.fence.horizon,
        fenced_at=int(run.fence.moment.timestamp() * 1000),
        reset=went_back,
        complete=run.spec.full_refresh or bool(note),
        recreated=recreated,
        oid=run.relation.oid,
        shape=run.relation.shape,
        contents=read_contents(run.aurora, run.relation.oid),
        note=note,
    )
    known = run.state.last.get("contents")
    contents = bounds.contents if known is None else Contents.model_validate(known)
    reload = bounds.complete
    if not reload:
        refuse_unread(run, contents, bounds.contents)
    bounds = _STRATEGIES[run.spec.watermark_type](run, bounds)
    other = run.state.last.get("shape") not in (None, bounds.shape) or contents != bounds.contents
    if bounds.status == "IDLE" and other and not reload:
        # Nothing to read, but FINAL is to follow the columns, and the ledger the contents, all the same.
        bounds = bounds.model_copy(update={"status": "NEW", "note": note})
    if bounds.status == "NEW" and not bounds.complete:
        remarks = [bounds.note, renamed(contents, bounds.contents)]
        return bounds.model_copy(update={"note": "; ".join(filter(None, remarks))})
    return bounds


def _reload_note(run: Run, went_back: bool, recreated: bool) -> str:
    """Why FINAL says nothing about what is left to read; empty where it does."""
    if went_back:
        return "Aurora's transaction ids went back (restore, or another cluster): reloaded"
    if recreated:
        return "the table was dropped and created anew: reloaded"
    if run.state.lacks:
        return f"FINAL has no column {run.state.lacks!r}: reloaded"
    before = run.state.last.get("reads")
    now = reads(run.spec.watermark_type, next(iter(run.spec.watermarks), None))
    return f"the watermark was {before} and is now {now}: reloaded" if before not in (None, now) else ""


def _timestamp(run: Run, bounds: Bounds) -> Bounds:
    column = run.relation.column(run.spec.watermarks[0])
    zone = zone_of(run.aurora, run.spec, column)
    high = moment_as(run.aurora, run.fence.moment, column, zone)
    limits = {"column": column.name, "type_name": column.type_name, "low": run.state.low, "high": high}
    bounds = bounds.model_copy(update=limits)
    limit = before(column.name, high, column.type_name)
    query = sql.SQL(
        "SELECT found.oldest IS NOT NULL AS pending, {waited} AS waited, "
        "(SELECT count(*) FROM {table} WHERE NOT {limit}) AS held, "
        "(SELECT count(*) FROM {table} WHERE {window} AND {passed}) AS late, "
        "EXISTS (SELECT 1 FROM {table} WHERE NOT {limit} AND {column} <= {clock}) AS recent "
        "FROM (SELECT min({column}) AS oldest FROM {table} WHERE {window}) AS found"
    )
    clock = in_type(run.fence.clock, column, zone)
    found = run.aurora.row(
        query.format(
            table=relation(run.relation.source),
            window=window(bounds),
            limit=limit,
            passed=_passed(run, column),
            column=sql.Identifier(column.name),
            clock=clock,
            waited=_waited(bounds, clock),
        )
    )
    counted = {term: found[term] for term in ("held", "late", "waited")}
    bounds = bounds.model_copy(update=counted)
    # Rows of the last few seconds lie past the fence only because of its margin, unless a transaction holds it back.
    unblocked = run.fence.clock - run.fence.moment <= timedelta(seconds=run.margin_seconds + 1)
    if found["recent"] and unblocked and not run.settled and column.type_name != "date":
        return settling(run, bounds)
    if found["pending"] or bounds.complete or not run.state.exists:
        return bounds  # a new table gets its FINAL even while it is empty
    beyond = f"between {bounds.low} and" if bounds.low else "below"
    return idle(bounds, f"nothing {beyond} the fence {high}")


def _passed(run: Run, column: Column) -> sql.Composable:
    """Rows that the last run's fence had passed: no transaction can have dated them so, only an application."""
    fence = None if run.state.low is None else run.state.last.get("high")
    return sql.SQL("false") if fence is None else before(column.name, fence, column.type_name)


def _waited(bounds: Bounds, clock: sql.Composable) -> sql.Composable:
    """How many seconds ago the oldest row of the window was dated: what FINAL lacks of it, where FINAL has the rest."""
    if bounds.low is None or bounds.complete or bounds.type_name == "date":
        return sql.SQL("NULL::float8")
    age = "CASE WHEN isfinite(found.oldest) THEN extract(epoch FROM {} - found.oldest) END::float8"
    return sql.SQL(age).format(clock)


def _xmin(run: Run, bounds: Bounds) -> Bounds:
    low = run.state.last.get("horizon")
    bounds = bounds.model_copy(update={"low_horizon": low})
    if _stays_empty(run):
        return idle(bounds, "the table is empty")
    if low is None or bounds.complete:
        return bounds
    gap = run.fence.horizon - low
    if not comparable(low, run.fence.horizon):
        note = f"the last horizon {low} cannot be compared with {run.fence.horizon}: reloaded"
        return bounds.model_copy(update={"complete": True, "note": note})
    query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {}) AS pending")
    pending = run.aurora.row(query.format(relation(run.relation.source), window(bounds)))["pending"]
    if pending or gap >= _XID_RENEWAL:
        return bounds
    return idle(bounds, f"no row was written by transactions {low} to {run.fence.horizon}")


def _full_snapshot(run: Run, bounds: Bounds) -> Bounds:
    asked_for, bounds = bounds.complete, bounds.model_copy(update={"complete": True})
    low, rows = run.state.last.get("horizon"), run.state.last.get("rows")
    if _stays_empty(run):
        return idle(bounds, "the table is empty")
    if low is None or rows is None or asked_for or not 0 <= run.fence.horizon - low < _XID_RENEWAL:
        return bounds
    # Every insert and update leaves a row with a younger xmin; without one, only deletes can have happened.
    query = sql.SQL("SELECT count(*) AS rows, count(*) FILTER (WHERE {}) AS written FROM {}")
    found = run.aurora.row(query.format(written_since(low), relation(run.relation.source)))
    if found["written"] or found["rows"] != rows:
        return bounds
    return idle(bounds, f"its {rows} rows are unchanged since transaction {low}")


_STRATEGIES = {
    "timestamp": _timestamp,
    "composite": _timestamp,
    "integer": integer,
    "xmin": _xmin,
    "full_snapshot": _full_snapshot,
}


def _stays_empty(run: Run) -> bool:
    """Whether FINAL has no row, and neither has Aurora; a full_refresh runs all the same, which clears its flag."""
    if not run.state.exists or run.state.version is not None or run.spec.full_refresh:
        return False
    query = sql.SQL("SELECT NOT EXISTS (SELECT 1 FROM {}) AS empty")
    return bool(run.aurora.row(query.format(relation(run.relation.source)))["empty"])

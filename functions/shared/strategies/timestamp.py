"""timestamp and composite: the rows whose watermark lies between FINAL's highest and the fence.

A further column of a composite only cuts slices: it splits rows of equal timestamps.
"""

from datetime import timedelta

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.moments import in_type, moment_as, zone_of
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import before, full_name, rows_in
from functions.shared.contract.bounds import Below, ColumnWindow, Window
from functions.shared.contract.spec import TableSpec
from functions.shared.strategies.base import Answer, Run
from functions.shared.strategies.checks import check_append, check_lead, check_nulls, up_to_low

_TYPES = ("timestamptz", "timestamp", "date")
_FOUND = """
SELECT found.oldest IS NOT NULL AS pending, {waited} AS waited,
       (SELECT count(*) FROM {table} WHERE NOT {limit}) AS held,
       (SELECT count(*) FROM {table} WHERE {window} AND {passed}) AS late,
       EXISTS (SELECT 1 FROM {table} WHERE NOT {limit} AND {column} <= {clock}) AS recent
FROM (SELECT min({column}) AS oldest FROM {table} WHERE {window}) AS found
"""


class Timestamp:
    """The watermark is a moment that every change sets to now()."""

    def check(self, aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
        """Raises InvalidConfiguration for another type and for changes without a key, NullWatermark for NULLs."""
        check_lead(spec, relation, _TYPES, "a timestamp or date column, first in order")
        check_append(aurora, spec, relation)
        check_nulls(aurora, spec, relation)

    def read(self, run: Run) -> Answer:
        """The rows below the fence that FINAL lacks; the run waits once for those of the last seconds."""
        column = run.lead
        zone = zone_of(run.aurora, run.spec, column)
        below = Below(
            column=column.name,
            type_name=column.type_name,
            high=moment_as(run.aurora, run.fence.moment, column, zone),
        )
        window = run.window(below)
        clock = in_type(run.fence.clock, column, zone)
        found = run.aurora.row(
            sql.SQL(_FOUND).format(
                table=full_name(run.relation.source),
                window=rows_in(window),
                limit=before(below),
                passed=_passed(run, below),
                column=sql.Identifier(column.name),
                clock=clock,
                waited=_waited(window, clock),
            )
        )
        answer = Answer(window, run.fenced_at, held=found["held"], late=found["late"], waited=found["waited"])
        # Without an open transaction, recent rows are past the fence only because of its margin.
        unblocked = run.fence.clock - run.fence.moment <= timedelta(seconds=run.margin_seconds + 1)
        if found["recent"] and unblocked and not run.settled and column.type_name != "date":
            return answer.settling()
        if found["pending"] or run.complete or not run.progress.exists:
            return answer  # makes FINAL for a new table even while it is empty
        beyond = f"between {run.progress.low} and" if run.progress.low else "below"
        return answer.idle(f"nothing {beyond} the fence {below.high}")

    def behind(self, run: Run) -> sql.Composable | None:
        """The rows up to FINAL's highest watermark."""
        return up_to_low(run)

    def behind_after_rewrite(self, _run: Run) -> sql.Composable | None:
        """None: rows that are written after a TRUNCATE are dated after it."""
        return None


def _passed(run: Run, below: Below) -> sql.Composable:
    """Rows below the last run's fence: only an application can have set such times, no transaction's now()."""
    fence = None if run.progress.low is None else run.progress.last.high
    return sql.SQL("false") if fence is None else before(below.model_copy(update={"high": fence}))


def _waited(window: Window, clock: sql.Composable) -> sql.Composable:
    """The age in seconds of the window's oldest row; NULL for a first load, a reload and dates."""
    if not isinstance(window, ColumnWindow) or window.low is None or window.below.type_name == "date":
        return sql.SQL("NULL::float8")
    age = "CASE WHEN isfinite(found.oldest) THEN extract(epoch FROM {} - found.oldest) END::float8"
    return sql.SQL(age).format(clock)

"""integer: the rows above FINAL's highest id, up to a ceiling; a fence in time cannot bound ids."""

from datetime import datetime

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import EVERYTHING, all_of, comparable, full_name, written_since
from functions.shared.contract.bounds import Below, Reading
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.watermark import as_text
from functions.shared.strategies.base import Answer, Run
from functions.shared.strategies.checks import check_append, check_lead, check_nulls, check_sequence, up_to_low

_TYPES = ("int2", "int4", "int8")
_BELOW_EVERY_BIGINT = -(2**63)


class Integer:
    """The watermark is an id that grows with every insert; rows are never updated."""

    def check(self, aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
        """Raises InvalidConfiguration for another type, changes without a key and a sequence out of order, and
        NullWatermark for NULLs."""
        check_lead(spec, relation, _TYPES, "an integer column")
        check_append(aurora, spec, relation)
        check_nulls(aurora, spec, relation)
        check_sequence(aurora, spec, relation)

    def read(self, run: Run) -> Answer:
        """The rows up to a ceiling: the highest id that was committed before every open transaction began.

        While a transaction is open, the run stores the ceiling that it read for later runs.
        """
        query = sql.SQL("SELECT max({}) AS ceiling, clock_timestamp() AS read_at FROM {}")
        table, column = full_name(run.relation.source), sql.Identifier(run.lead.name)
        found = run.aurora.row(query.format(column, table))
        ceiling, low = found["ceiling"], None if run.progress.low is None else int(run.progress.low)
        nothing = Answer(run.window(_up_to(run, _BELOW_EVERY_BIGINT if low is None else low + 1)), run.fenced_at)
        if ceiling is None and not run.progress.exists:
            return nothing
        if not run.complete and (ceiling is None or (low is not None and ceiling <= low)):
            return nothing.idle(f"nothing above {low}")
        reading = Reading(
            ceiling=_BELOW_EVERY_BIGINT if ceiling is None else ceiling, read_at=as_text(found["read_at"])
        )
        if not run.settled:
            return Answer(nothing.window, run.fenced_at, reading=reading).settling()
        if run.reload:
            run.readings.store(reading.ceiling, reading.read_at)  # older readings are of another table or watermark
        passed = _passed_ceiling(run)
        if passed is None or (low is not None and passed <= low and not run.complete):
            run.readings.store(reading.ceiling, reading.read_at)
            return nothing.idle(f"rows above {low} wait for a transaction open since {as_text(run.fence.moment)}")
        beyond = sql.SQL("SELECT count(*) AS held FROM {} WHERE {} > {}").format(table, column, sql.Literal(passed))
        held = run.aurora.row(beyond)["held"]
        # The next wave needs the same ceiling.
        return Answer(run.window(_up_to(run, passed + 1)), _read_at(run, passed), held=held, reading=run.reading)

    def behind(self, run: Run) -> sql.Composable | None:
        """The rows up to FINAL's highest id."""
        return up_to_low(run)

    def behind_after_rewrite(self, run: Run) -> sql.Composable | None:
        """The rows written since the last batch: TRUNCATE … RESTART IDENTITY restarts the ids."""
        horizon, behind = run.progress.last.horizon, up_to_low(run)
        if horizon is None or behind is None:
            return None
        return all_of(behind, written_since(horizon) if comparable(horizon, run.fence.horizon) else EVERYTHING)


def _up_to(run: Run, high: int) -> Below:
    return Below(column=run.lead.name, type_name="int8", high=str(high))


def _read_at(run: Run, ceiling: int) -> int | None:
    """When this run read the ceiling, in milliseconds since the epoch; None for an earlier run's ceiling."""
    if run.reading is None or run.reading.ceiling != ceiling:
        return None
    return int(datetime.fromisoformat(run.reading.read_at).timestamp() * 1000)


def _passed_ceiling(run: Run) -> int | None:
    """The highest id as read before every transaction that is open now began; None where no reading is that old.

    A reload uses only its own reading, because earlier ones are of another table or watermark.
    """
    if run.reading and run.reading.read_at < as_text(run.fence.moment):
        return run.reading.ceiling
    return None if run.reload else run.readings.before(run.fence.moment)

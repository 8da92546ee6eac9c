"""The bounds of a table whose watermark is an ever-growing integer, which no fence in time can bound."""

from datetime import datetime

from psycopg2 import sql

from functions.shared.aurora.windows import relation
from functions.shared.contract.bounds import Bounds, Reading
from functions.shared.snowflake.state import as_text, read_ceiling, store_reading
from functions.shared.strategies.run import Run, idle, settling

_BELOW_EVERY_BIGINT = -(2**63)


def integer(run: Run, bounds: Bounds) -> Bounds:
    """The bounds up to a ceiling: the highest value that was committed before every transaction that is open now began.

    Whoever runs while a transaction is open keeps the ceiling that it read, for the runs after it.
    """
    column = run.relation.column(run.spec.watermarks[0])
    query = sql.SQL("SELECT max({}) AS ceiling, clock_timestamp() AS read_at FROM {}")
    found = run.aurora.row(query.format(sql.Identifier(column.name), relation(run.relation.source)))
    low = None if run.state.low is None else int(run.state.low)
    nothing = str(_BELOW_EVERY_BIGINT if low is None else low + 1)
    window = {"column": column.name, "type_name": "int8", "low": run.state.low, "high": nothing}
    bounds = bounds.model_copy(update=window)
    ceiling = found["ceiling"]
    if ceiling is None and not run.state.exists:
        return bounds
    if not bounds.complete and (ceiling is None or (low is not None and ceiling <= low)):
        return idle(bounds, f"nothing above {low}")
    reading = Reading(ceiling=_BELOW_EVERY_BIGINT if ceiling is None else ceiling, read_at=as_text(found["read_at"]))
    if not run.settled:
        return settling(run, bounds.model_copy(update={"reading": reading}))
    if bounds.note:
        _keep(run, reading)  # makes older readings void
    passed = _passed_ceiling(run, reload=bool(bounds.note))
    if passed is None or (low is not None and passed <= low and not bounds.complete):
        _keep(run, reading)
        return idle(bounds, f"rows above {low} wait for a transaction open since {as_text(run.fence.moment)}")
    beyond = sql.SQL("SELECT count(*) AS held FROM {} WHERE {} > {}")
    held = beyond.format(relation(run.relation.source), sql.Identifier(column.name), sql.Literal(passed))
    found = {"high": str(passed + 1), "held": run.aurora.row(held)["held"]}
    # How old the ceiling of an earlier run is, nobody kept.
    own = run.reading if run.reading and run.reading.ceiling == passed else None
    fenced_at = int(datetime.fromisoformat(own.read_at).timestamp() * 1000) if own else None
    # The next wave goes up to the same ceiling.
    return bounds.model_copy(update={**found, "fenced_at": fenced_at, "reading": run.reading})


def _passed_ceiling(run: Run, reload: bool) -> int | None:
    """A highest value that was read before every transaction that is open now began.

    In a `reload` only one of this run: what earlier ones read was another table, or another watermark.
    """
    if run.reading and run.reading.read_at < as_text(run.fence.moment):
        return run.reading.ceiling
    return None if reload else read_ceiling(run.warehouse, run.objects, run.fence.moment)


def _keep(run: Run, reading: Reading) -> None:
    store_reading(run.warehouse, run.objects, reading.ceiling, reading.read_at)

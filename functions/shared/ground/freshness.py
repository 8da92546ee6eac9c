"""How old a table's copy is, as metrics: in seconds, and against what its readers were promised."""

from functions.shared.ground.observability import count, seconds

_MINUTE = 60


def emit_staleness(staleness: float, limit_minutes: int | None) -> None:
    """Adds how many seconds the oldest change that FINAL lacks has waited; Stale only where the table has a limit."""
    seconds("Staleness", max(0.0, staleness))
    if limit_minutes is not None:
        count("Stale", int(staleness > limit_minutes * _MINUTE))

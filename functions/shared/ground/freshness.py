"""Metrics of a copy's staleness: in seconds, and against the table's limit."""

from functions.shared.ground.observability import count, seconds

_MINUTE = 60


def emit_staleness(staleness: float, limit_minutes: int | None) -> None:
    """Adds Staleness, the age in seconds of the oldest change that FINAL lacks, and Stale where there is a limit."""
    seconds("Staleness", max(0.0, staleness))
    if limit_minutes is not None:
        count("Stale", int(staleness > limit_minutes * _MINUTE))

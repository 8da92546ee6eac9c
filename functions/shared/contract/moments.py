"""Watermark values as text."""

from datetime import UTC, date, datetime
from decimal import Decimal


def as_text(value: datetime | date | Decimal | int) -> str:
    """A watermark value as text that Aurora casts back without loss; instants in UTC, sortable."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)

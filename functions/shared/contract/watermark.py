"""Watermarks: their values as text, the record that a merged batch leaves in the ledger, and a table's progress."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pydantic import Field

from functions.shared.contract.bounds import Bounds, Contents
from functions.shared.contract.traits import Lead
from functions.shared.contract.wire import Wire


class Watermark(Wire):
    """How far a batch read, in what measure (`reads`), and of which table and cluster; `rows` is how many it exported.

    A field is None where it was not recorded: `low` of a table's first batch, `contents` and `cluster` of earlier
    releases' batches.
    """

    reads: str | None = None
    low: str | None = None
    high: str | None = None
    horizon: int | None = None
    oid: int | None = None
    shape: str | None = None
    contents: Contents | None = None
    rows: int | None = None
    cluster: str | None = None


class Progress(Wire):
    """How far a table is copied: `low` is the highest watermark in FINAL as text, `version` the highest version; both
    are None where FINAL is empty.

    `last` is the record of the newest batch in the ledger, empty without one; `lacks` names the watermark column where
    FINAL has no such column.
    """

    exists: bool = True
    low: str | None = None
    version: int | None = None
    last: Watermark = Field(default_factory=Watermark)
    lacks: str = ""


def watermark_of(bounds: Bounds, rows: int) -> Watermark:
    """The record of a batch of so many rows that was read within these bounds."""
    return Watermark(
        reads=bounds.measure,
        low=bounds.low,
        high=bounds.high,
        horizon=bounds.horizon,
        oid=bounds.oid,
        shape=bounds.shape,
        contents=bounds.contents,
        rows=rows,
        cluster=bounds.cluster,
    )


def as_text(value: datetime | date | Decimal | int) -> str:
    """A watermark value as text that Aurora casts back without loss; instants in UTC, sortable."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def from_text(text: str, lead: Lead) -> datetime | date | int:
    """The inverse of `as_text`, for values that lead a watermark; raises ValueError for any other text."""
    if lead == "integer":
        return int(text)
    return date.fromisoformat(text) if len(text) == len("2026-01-01") else datetime.fromisoformat(text)

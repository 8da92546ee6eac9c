"""Watermarks: their values as text, and the record that a merged batch leaves in the ledger for later runs."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from functions.shared.contract.bounds import Bounds, Contents


class Watermark(BaseModel):
    """How far a batch read, in what measure (`reads`), and of which table and cluster; `rows` is how many it exported.

    A field is None where it was not recorded: `low` of a table's first batch, `contents` and `cluster` of earlier
    releases' batches.
    """

    model_config = ConfigDict(frozen=True)

    reads: str | None = None
    low: str | None = None
    high: str | None = None
    horizon: int | None = None
    oid: int | None = None
    shape: str | None = None
    contents: Contents | None = None
    rows: int | None = None
    cluster: str | None = None


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

"""What one run of one table reads: decided by the watermark function, obeyed by every later step."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_serializer

from functions.shared.contract.spec import Strategy

Status = Literal["NEW", "IDLE", "SETTLING"]


class Reading(BaseModel):
    """The highest committed integer watermark, and Aurora's clock (ISO 8601, UTC) when it was read."""

    model_config = ConfigDict(frozen=True)

    ceiling: int
    read_at: str

    @field_serializer("ceiling")
    def _exact(self, ceiling: int) -> str:
        """As text: the workflow's own numbers are doubles."""
        return str(ceiling)


class Contents(BaseModel):
    """The file of each partition, and the label of each value of the columns' enums, by their oids as text.

    The files of a table that is not partitioned are one; it is another after TRUNCATE, VACUUM FULL and rewrites.
    """

    model_config = ConfigDict(frozen=True)

    storage: dict[str, int] = {}
    labels: dict[str, str] = {}


class Slice(BaseModel):
    """The rows with `low <= slice column < high`; None leaves a side open."""

    model_config = ConfigDict(frozen=True)

    low: str | None = None
    high: str | None = None


class Bounds(BaseModel):
    """The window `low < column < high`, or the horizons of an xmin window, or everything (`complete`).

    The window is exported in `slices` of `slice_column`; `more` says that it ends with a wave, before the fence.
    `oid` and `shape` tell the table and its columns from others of the same name; `recreated` says that it is another;
    `contents` tells what changes rows that no statement writes.
    `held` counts rows past the fence, `late` those that appeared behind the last one; `waited` is how many seconds ago
    the oldest row of the window was dated, `fenced_at` the moment (milliseconds since the epoch) from which on a change
    may be missing after this run, both None where rows do not say it; `reset` says that Aurora's
    transaction ids went back; `replay` that nothing is read: the rows come from quarantine; `started_at` is in
    milliseconds since the epoch.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    strategy: Strategy
    target: str
    started_at: int
    column: str | None = None
    type_name: str = ""
    low: str | None = None
    high: str | None = None
    low_horizon: int | None = None
    horizon: int = 0
    complete: bool = False
    reset: bool = False
    target_exists: bool = False
    recreated: bool = False
    oid: int = 0
    shape: str = ""
    contents: Contents = Contents()
    held: int = 0
    late: int = 0
    waited: float | None = None
    fenced_at: int | None = None
    note: str = ""
    wait_seconds: int = 0
    reading: Reading | None = None
    slice_column: str | None = None
    slices: list[Slice] = [Slice()]
    more: bool = False
    replay: bool = False

    @property
    def reads(self) -> str:
        """What low bounds are measured in: bounds of another measure say nothing about these rows."""
        return reads(self.strategy, self.column)

    def to_event(self) -> dict[str, Any]:
        """The form in which it travels through the workflow."""
        return self.model_dump(mode="json")


def reads(strategy: Strategy, column: str | None) -> str:
    """The measure of a table's bounds: its leading watermark column, or the strategy where it has none."""
    return f"column {column}" if column is not None else strategy

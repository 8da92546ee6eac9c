"""What one run of one table reads: decided by the watermark function, followed by every later step."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_serializer, model_validator

from functions.shared.contract.former import bounds_of_flat
from functions.shared.contract.traits import StrategyName
from functions.shared.contract.wire import Wire

Status = Literal["NEW", "IDLE", "SETTLING"]


class Below(Wire):
    """The rows whose `column`, of PostgreSQL's type `type_name`, lies below `high`, the fence as text."""

    column: str
    type_name: str
    high: str


class ColumnWindow(Wire):
    """The rows with `low < column < high`; without `low` there is no lower end."""

    kind: Literal["column"] = "column"
    below: Below
    low: str | None = None


class TransactionWindow(Wire):
    """The rows written by transactions in [low, high), 64-bit horizons; without `low` all of them."""

    kind: Literal["transactions"] = "transactions"
    low: int | None = None
    high: int


class Everything(Wire):
    """All rows: others in FINAL are deleted. The merge holds those that are not `below` the fence."""

    kind: Literal["everything"] = "everything"
    below: Below | None = None


class Quarantined(Wire):
    """No row of Aurora: the batch is the table's quarantine in Snowflake."""

    kind: Literal["quarantined"] = "quarantined"


Window = ColumnWindow | TransactionWindow | Everything | Quarantined


class Reading(Wire):
    """The highest committed integer watermark, and Aurora's clock (ISO 8601, UTC) when it was read."""

    ceiling: int
    read_at: str

    @field_serializer("ceiling")
    def _exact(self, ceiling: int) -> str:
        """As text: the workflow's own numbers are doubles."""
        return str(ceiling)


class Contents(Wire):
    """The data file of each partition, and the label of each value of the columns' enums, by their oids as text.

    A table that is not partitioned has one file. TRUNCATE, VACUUM FULL and rewrites make a new one.
    """

    storage: dict[str, int] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)


class Slice(Wire):
    """The rows with `low <= slice column < high`; None leaves a side open."""

    low: str | None = None
    high: str | None = None


class Bounds(Wire):
    """The facts of one run, and the window that it reads.

    `target` is FINAL's full name; `measure` is what its low end is measured in; `horizon` is the fence as a 64-bit
    transaction id. The window is exported in `slices` of `slice_column`; where there is `more`, it ends with a wave,
    before the fence. `oid`, `shape` and `contents` identify the table, its columns, and its files and enum labels;
    `recreated`: it is another table of the same name; `reset`: Aurora's transaction ids went back, or are those of
    another cluster than the last batch's; `cluster` is this one's resource id, None where it is not known. `held`
    counts rows past the fence, `late` those that appeared behind the last one. `waited` is the age in seconds of the
    window's oldest row, `fenced_at` the moment from which changes may be missing after this run; both are None where
    rows have no date. `started_at` and `fenced_at` are in milliseconds since the epoch.
    """

    status: Status
    strategy: StrategyName
    target: str
    started_at: int
    measure: str
    window: Annotated[Window, Field(discriminator="kind")]
    horizon: int = 0
    reset: bool = False
    target_exists: bool = False
    recreated: bool = False
    cluster: str | None = None
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
    slices: list[Slice] = Field(default_factory=lambda: [Slice()])
    more: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, value: Any) -> Any:
        return bounds_of_flat(value) if isinstance(value, dict) and "window" not in value else value

    @property
    def complete(self) -> bool:
        """Whether the window is the whole table, so that rows it lacks are deleted from FINAL."""
        return isinstance(self.window, Everything)

    @property
    def replay(self) -> bool:
        """Whether the rows come from quarantine."""
        return isinstance(self.window, Quarantined)

    @property
    def below(self) -> Below | None:
        """The fence on the leading watermark column; None where there is no such column."""
        return self.window.below if isinstance(self.window, ColumnWindow | Everything) else None

    @property
    def high(self) -> str | None:
        """The fence as text of the watermark's type; None where there is no watermark column."""
        return self.below.high if self.below else None

    @property
    def low(self) -> str | None:
        """The lower end as text of the watermark's type; None where the window has none."""
        return self.window.low if isinstance(self.window, ColumnWindow) else None

"""The interface of strategies: the run that one decides about, and its answer."""

import math
from dataclasses import dataclass, replace
from typing import Protocol

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.fence import Fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name
from functions.shared.contract.bounds import Below, ColumnWindow, Everything, Reading, Status, Window
from functions.shared.contract.columns import Column
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.watermark import Progress
from functions.shared.snowflake.progress import Readings


@dataclass(frozen=True)
class Run:
    """Everything that decides the bounds of one run of one table.

    `reload` is why FINAL cannot be continued, empty where it can; `settled` is true after the wait for the fence's
    margin; `reading` is what this run read before that wait; `cluster` is the resource id of Aurora's
    cluster, None where it is not known.
    """

    aurora: AuroraSession
    spec: TableSpec
    relation: Relation
    progress: Progress
    readings: Readings
    fence: Fence
    margin_seconds: float
    cluster: str | None = None
    reading: Reading | None = None
    settled: bool = False
    reload: str = ""

    @property
    def complete(self) -> bool:
        """Whether this run reads the whole table, whatever its strategy."""
        return self.spec.full_refresh or bool(self.reload)

    @property
    def lead(self) -> Column:
        """The leading watermark column of a strategy that has one."""
        return self.relation.column(self.spec.watermarks[0])

    @property
    def fenced_at(self) -> int:
        """The fence in milliseconds since the epoch."""
        return int(self.fence.moment.timestamp() * 1000)

    def window(self, below: Below) -> Window:
        """The rows below the fence that are not in FINAL yet; everything where the run reads the whole table."""
        return Everything(below=below) if self.complete else ColumnWindow(below=below, low=self.progress.low)

    def stays_empty(self) -> bool:
        """Whether FINAL and Aurora have no row; false with full_refresh, because only a run clears that flag."""
        if not self.progress.exists or self.progress.version is not None or self.spec.full_refresh:
            return False
        query = sql.SQL("SELECT NOT EXISTS (SELECT 1 FROM {}) AS empty")
        return bool(self.aurora.row(query.format(full_name(self.relation.source)))["empty"])


@dataclass(frozen=True)
class Answer:
    """What a run reads; `note` explains it, and the other fields are those of `Bounds`."""

    window: Window
    fenced_at: int | None
    status: Status = "NEW"
    held: int = 0
    late: int = 0
    waited: float | None = None
    reading: Reading | None = None
    note: str = ""

    def idle(self, note: str) -> "Answer":
        """The answer that there is nothing to read, for the reason in `note`."""
        held = f"; {self.held} rows are held back past the fence" if self.held else ""
        return replace(self, status="IDLE", note=note + held)

    def settling(self) -> "Answer":
        """The answer that the run is to ask again after the fence's margin."""
        return replace(self, status="SETTLING")


def settle_seconds(run: Run) -> int:
    """How many seconds a settling run waits."""
    return math.ceil(run.margin_seconds) + 1


class Strategy(Protocol):
    """How one kind of table is read; its properties are in its traits."""

    def check(self, aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
        """Raises InvalidConfiguration or NullWatermark where the strategy cannot copy this table exactly."""

    def read(self, run: Run) -> Answer:
        """What this run reads. The workflow may ask twice for the same run."""

    def behind(self, run: Run) -> sql.Composable | None:
        """The condition of the rows that no later run reads, such as those up to FINAL's highest watermark.

        No new row may appear among them. None where every row can still be read."""

    def behind_after_rewrite(self, run: Run) -> sql.Composable | None:
        """The condition of those of them that were written after a TRUNCATE or rewrite; None where none can be."""

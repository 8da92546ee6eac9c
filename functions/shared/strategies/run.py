"""One run of one table: what decides its bounds, and the ends that every strategy knows."""

import math
from dataclasses import dataclass

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.fence import Fence
from functions.shared.aurora.session import Aurora
from functions.shared.contract.bounds import Bounds, Reading
from functions.shared.contract.spec import TableSpec
from functions.shared.snowflake.session import Warehouse
from functions.shared.snowflake.state import TableState
from functions.shared.snowflake.statements import TableObjects


@dataclass(frozen=True)
class Run:
    """Everything that decides the bounds of one run; `settled` says that the margin was already waited for."""

    aurora: Aurora
    warehouse: Warehouse
    spec: TableSpec
    relation: Relation
    objects: TableObjects
    state: TableState
    fence: Fence
    margin_seconds: float
    reading: Reading | None
    settled: bool


def settling(run: Run, bounds: Bounds) -> Bounds:
    """The same bounds, to be asked for again when the margin has passed."""
    return bounds.model_copy(update={"status": "SETTLING", "wait_seconds": math.ceil(run.margin_seconds) + 1})


def idle(bounds: Bounds, note: str) -> Bounds:
    """The same bounds with nothing to read, and why."""
    held = f"; {bounds.held} rows are held back past the fence" if bounds.held else ""
    return bounds.model_copy(update={"status": "IDLE", "note": note + held})

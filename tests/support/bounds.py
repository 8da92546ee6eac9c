"""Bounds of a run, made from what a test cares about."""

from typing import Any

from functions.shared.contract.bounds import Below, Bounds, ColumnWindow, Everything, TransactionWindow, Window
from functions.shared.contract.traits import DEFAULT, StrategyName


def bounds_of(
    column: str | None = "at",
    low: str | None = None,
    high: str | None = None,
    complete: bool = False,
    strategy: StrategyName = DEFAULT,
    type_name: str = "timestamptz",
    low_horizon: int | None = None,
    **facts: Any,
) -> Bounds:
    """NEW bounds: of a column's window with `high`, of all rows where `complete`, else of every transaction."""
    below = Below(column=column, type_name=type_name, high=high) if column and high else None
    window: Window = TransactionWindow(low=low_horizon, high=facts.get("horizon", 0))
    if complete:
        window = Everything(below=below)
    elif below:
        window = ColumnWindow(below=below, low=low)
    measure = f"column {column}" if column else strategy
    common: dict[str, Any] = {"status": "NEW", "target": "T", "started_at": 0, "measure": measure, "window": window}
    return Bounds(**{**common, "strategy": strategy, **facts})


def bounds_event(**given: Any) -> dict[str, Any]:
    """The same in the form in which they travel through the workflow."""
    return bounds_of(**given).model_dump(mode="json")

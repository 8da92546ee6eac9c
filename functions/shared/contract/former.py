"""The form of bounds in executions that began before a deployment: they keep their definition and call new functions.

Remove it when the last of them can no longer be redriven, 14 days after the deployment that changed the form
(docs.aws.amazon.com/step-functions, Redriving executions).
"""

from collections.abc import Mapping
from typing import Any

_WINDOW = ("column", "type_name", "low", "high", "low_horizon", "complete", "replay")


def bounds_of_flat(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds whose window was seven fields beside the others, in their present form."""
    facts = {name: value for name, value in flat.items() if name not in _WINDOW}
    column = flat.get("column")
    measure = f"column {column}" if column is not None else flat.get("strategy")
    return {"measure": measure, "window": _window(flat), **facts}


def _window(flat: Mapping[str, Any]) -> dict[str, Any]:
    below = None
    if flat.get("column") is not None and flat.get("high") is not None:
        below = {name: flat[name] for name in ("column", "type_name", "high")}
    if flat.get("replay"):
        return {"kind": "quarantined"}
    if flat.get("complete"):
        return {"kind": "everything", "below": below}
    if below:
        return {"kind": "column", "below": below, "low": flat.get("low")}
    return {"kind": "transactions", "low": flat.get("low_horizon"), "high": flat.get("horizon", 0)}

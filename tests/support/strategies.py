"""How the tests configure each strategy: one row for each of the registry, else collection fails."""

from typing import Any

from functions.shared.contract.traits import TRAITS, StrategyName
from functions.shared.strategies.registry import REGISTRY


def specs(at: str = "at", **deletes: Any) -> dict[str, dict[str, Any]]:
    """The strategies' specifications for tables with a key `id` and a moment, whose name is ``at``.

    ``deletes`` are keys for the strategies that see any.
    """
    rows: dict[StrategyName, dict[str, Any]] = {
        "timestamp": {"watermark_type": "timestamp", "watermark_col": at},
        "composite": {"watermark_type": "composite", "watermark_cols": [at, "id"]},
        "integer": {"watermark_type": "integer", "watermark_col": "id"},
        "xmin": {"watermark_type": "xmin"},
        "full_snapshot": {"watermark_type": "full_snapshot"},
    }
    return {name: {**spec, **deletes} if TRAITS[name].sees_deletes else spec for name, spec in rows.items()}


SPECS = specs()
if not SPECS.keys() == REGISTRY.keys() == TRAITS.keys():
    missing = (REGISTRY.keys() | TRAITS.keys()) ^ SPECS.keys()
    raise LookupError(f"{sorted(missing)}: each strategy has a row of traits, of the registry and of this table")

# Each strategy, and what it may make of deletes, where it sees any.
VARIANTS: dict[str, dict[str, Any]] = {}
for _name, _spec in SPECS.items():
    if TRAITS[_name].sees_deletes:
        VARIANTS |= {f"{_name}-{deletes}": {**_spec, "deletes": deletes} for deletes in ("soft", "hard")}
    else:
        VARIANTS[_name] = _spec
DELETING = [name for name, spec in VARIANTS.items() if "deletes" in spec]
IN_WAVES = [name for name in SPECS if TRAITS[name].in_waves]
WITH_WATERMARK = [name for name in SPECS if TRAITS[name].leads]
INCREMENTAL = [name for name in SPECS if TRAITS[name].form == "rows"]
WHOLE = [name for name in SPECS if TRAITS[name].form == "whole"]

"""How the tests configure each strategy: one row for each of the registry, else collection fails.

The tables that tests make have a key `id`, a moment `at`, and whatever else they need.
"""

from typing import Any

from functions.shared.contract.traits import TRAITS, StrategyName
from functions.shared.strategies.registry import REGISTRY

SPECS: dict[StrategyName, dict[str, Any]] = {
    "timestamp": {"watermark_col": "at"},
    "composite": {"watermark_type": "composite", "watermark_cols": ["at", "id"]},
    "integer": {"watermark_type": "integer", "watermark_col": "id"},
    "xmin": {"watermark_type": "xmin"},
    "full_snapshot": {"watermark_type": "full_snapshot"},
}
if not SPECS.keys() == REGISTRY.keys() == TRAITS.keys():
    missing = (REGISTRY.keys() | TRAITS.keys()) ^ SPECS.keys()
    raise LookupError(f"{sorted(missing)}: each strategy has a row of traits, of the registry and of this table")

# Each strategy, and what deletes it can make, where it sees any.
VARIANTS: dict[str, dict[str, Any]] = {}
for _name, _spec in SPECS.items():
    if TRAITS[_name].sees_deletes:
        VARIANTS |= {f"{_name}, {deletes}": {**_spec, "deletes": deletes} for deletes in ("soft", "hard")}
    else:
        VARIANTS[_name] = _spec
IN_WAVES = [name for name in SPECS if TRAITS[name].in_waves]
INCREMENTAL = [name for name in SPECS if TRAITS[name].form == "rows"]
WHOLE = [name for name in SPECS if TRAITS[name].form == "whole"]

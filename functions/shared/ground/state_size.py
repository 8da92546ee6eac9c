"""The size of what Step Functions hands from step to step: more than 256 KiB ends a run, and nothing can catch that."""

import json
from collections.abc import Mapping
from typing import Any

from functions.shared.ground.errors import StateTooLarge

MOST_BYTES = 262_144
# What the definition adds by itself: a failure, the load.
_RESERVE_BYTES = 12_288
# A slice is exported to one file, whose part in the state has the table's name, and this beside it.
_FILE_BYTES = 170
_NAMED = 3


def check_size(table: str, state: Mapping[str, Any]) -> None:
    """Raises StateTooLarge where the state, with the names of the files that it will get, is too large."""
    sizes = {name: size_of(part) for name, part in _parts(state).items()}
    files = 0
    if "batch" not in state:
        files = len(_slices(state)) * (len(table) + _FILE_BYTES)
    # The slices go from the state when the files come.
    total = sum(sizes.values()) + max(0, files - sizes.get("bounds.slices", 0))
    if total <= MOST_BYTES - _RESERVE_BYTES:
        return
    largest = sorted(sizes.items(), key=lambda part: -part[1])[:_NAMED]
    raise StateTooLarge(
        f"{table}: what the workflow keeps of it takes {total // 1024} KB, and Step Functions hands on "
        f"{(MOST_BYTES - _RESERVE_BYTES) // 1024} KB at most; the largest parts are "
        f"{', '.join(f'{name} with {size // 1024} KB' for name, size in largest)}; give it fewer partitions, enum "
        "labels or columns, or raise the context key slice_megabytes, then run it again"
    )


def size_of(value: Any) -> int:
    """The bytes of a value as JSON."""
    return len(json.dumps(value))


def _parts(state: Mapping[str, Any]) -> dict[str, Any]:
    """The parts by name, those of the bounds each by itself."""
    bounds = state.get("bounds") or {}
    whole = {name: part for name, part in state.items() if name != "bounds"}
    return whole | {f"bounds.{name}": part for name, part in bounds.items()}


def _slices(state: Mapping[str, Any]) -> list[Any]:
    slices: list[Any] = (state.get("bounds") or {}).get("slices", [])
    return slices

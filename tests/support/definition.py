"""The definition as the tests read it: its states, and its placeholders filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.constructs.definition import as_json, load

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def filled(values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The definition with these values for its placeholders, and 1 for every other."""
    given = values or {}
    definition: dict[str, Any] = json.loads(PLACEHOLDER.sub(lambda match: given.get(match[1], "1"), as_json()))
    return definition


def states_of(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each state by its name, those of a Map or a branch after their own."""
    for name, state in machine["States"].items():
        yield name, state
        for inner in (state.get("ItemProcessor"), *state.get("Branches", [])):
            if inner:
                yield from states_of(inner)


STATES = list(states_of(load()))

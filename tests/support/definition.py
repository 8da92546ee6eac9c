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
TASKS = {name: state for name, state in STATES if state["Type"] == "Task"}
LAMBDA_TASKS = {name: state for name, state in TASKS.items() if state["Resource"] == "arn:aws:states:::lambda:invoke"}
# A step's folder by the state that calls it: the state bears its name, but for the one that calls it for each slice.
STEPS = {name: name.removesuffix(" slice").lower().replace(" ", "_") for name in LAMBDA_TASKS}
# What a failure says that has no message of its own.
NO_MESSAGE = "The step ended without an error message, as at its time limit: see the log of its function for the cause."

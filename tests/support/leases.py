"""Executions that overlap over one table though each takes its lease: it is a saving, and runs must be safe without."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.functions import Undo
from tests.support.laptop import Laptop

_counting = threading.Lock()
_ignoring: list[str] = []


@contextmanager
def leases_ignored(laptop: Laptop) -> Iterator[None]:
    """An execution that starts inside takes a lease whoever has it; other threads may be inside at the same time."""
    undo = ignore_leases(laptop)
    try:
        yield
    finally:
        undo()


def ignore_leases(laptop: Laptop) -> Undo:
    """Executions take a lease whoever has it, until this is undone."""
    states, arn = laptop.aws.client("stepfunctions"), laptop.known["state_machine_arn"]
    with _counting:
        deployed = _ignoring[0] if _ignoring else states.describe_state_machine(stateMachineArn=arn)["definition"]
        if not _ignoring:
            states.update_state_machine(stateMachineArn=arn, definition=_without_condition(deployed))
        _ignoring.append(deployed)

    def undo() -> None:
        with _counting:
            _ignoring.pop()
            if not _ignoring:
                states.update_state_machine(stateMachineArn=arn, definition=deployed)

    return undo


def _without_condition(definition: str) -> str:
    changed = json.loads(definition)
    del changed["States"]["Each table"]["ItemProcessor"]["States"]["Take lease"]["Arguments"]["ConditionExpression"]
    return json.dumps(changed)

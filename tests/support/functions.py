"""A deployed function with other code and other settings."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.support.edits import Edit
from tests.support.laptop import Laptop
from tests.support.packages import deploy, deploy_edited, function_name

Undo = Callable[[], None]


def change(
    laptop: Laptop, step: str, edits: Mapping[str, Edit], variables: Mapping[str, str], timeout_seconds: int = 0
) -> Undo:
    """The step's function with its package edited and with these settings; returns what puts it back as it was."""
    package = deploy_edited(laptop, step, edits)
    undo_settings = change_settings(laptop, step, variables, timeout_seconds)

    def undo() -> None:
        deploy(laptop, step, package)
        undo_settings()

    return undo


def change_settings(laptop: Laptop, step: str, variables: Mapping[str, str], timeout_seconds: int = 0) -> Undo:
    """Changes environment variables, so that the next invocation is a cold start, and the timeout where one is given;
    returns what puts them back."""
    functions, name = laptop.aws.client("lambda"), function_name(step)
    found = functions.get_function_configuration(FunctionName=name)
    former: dict[str, str] = found["Environment"]["Variables"]

    def update(seconds: int, environment: Mapping[str, str]) -> None:
        changed: dict[str, Any] = {"Timeout": seconds, "Environment": {"Variables": environment}}
        functions.update_function_configuration(FunctionName=name, **changed)
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.2})

    update(timeout_seconds or found["Timeout"], {**former, **variables})
    return lambda: update(found["Timeout"], former)


@contextmanager
def settings(laptop: Laptop, step: str, variables: Mapping[str, str]) -> Iterator[None]:
    """The step's function with these environment variables; afterwards with those it had."""
    undo = change_settings(laptop, step, variables)
    try:
        yield
    finally:
        undo()

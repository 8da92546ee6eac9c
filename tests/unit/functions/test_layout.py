"""The functions' shape: short handlers, steps that know the shared library but not each other."""

import ast
from pathlib import Path

import pytest

from infra.constructs.definition import as_json

FUNCTIONS = Path(__file__).parents[3] / "functions"
STEPS = sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py"))
MODULES = sorted(path for path in FUNCTIONS.rglob("*.py") if path.name != "__init__.py")


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports; `from a import b` counts as a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_steps_are_those_of_the_workflow() -> None:
    workflow = as_json()
    assert STEPS
    for step in STEPS:
        assert "${" + step.title().replace("_", "") + "Function}" in workflow


@pytest.mark.parametrize("step", STEPS)
def test_a_handler_is_read_in_one_look(step: str) -> None:
    assert len((FUNCTIONS / step / "handler.py").read_text().splitlines()) < 100


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FUNCTIONS)))
def test_no_module_imports_another_step(path: Path) -> None:
    own = path.relative_to(FUNCTIONS).parts[0]
    others = [step for step in STEPS if step != own]
    assert not [
        name
        for name in imported(path)
        for step in others
        if name == f"functions.{step}" or name.startswith(f"functions.{step}.")
    ]

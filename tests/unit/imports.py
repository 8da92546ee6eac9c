"""The modules of the product and its tests, and what each imports, read from their text: nothing is executed."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "infra", "operate", "local", "bench")


def module_of(path: Path) -> str:
    """The dotted name of a file's module; a package's own is the package's."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the product and its tests by its dotted name."""
    paths = [path for folder in (*FOLDERS, "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {module_of(path): path for path in [ROOT / "app.py", *paths]}


@cache
def imported(module: str) -> frozenset[str]:
    """Full names of all that a module imports, at its top, in functions and for type checkers alike.

    `from a import b` is a.b where that is a module of ours, else a.
    """
    return frozenset(_names(module))


def _names(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(modules()[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively in line {node.lineno}"
            assert node.module
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules() else node.module for name in inside)


def own_imports(module: str) -> frozenset[str]:
    """The modules of ours among them."""
    return imported(module) & modules().keys()


def reached(module: str) -> set[str]:
    """The modules of ours that importing this one loads."""
    found: set[str] = set()
    left = {module}
    while left:
        left = {name for one in left for name in own_imports(one)} - found
        found |= left
    return found

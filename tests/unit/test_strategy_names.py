"""A strategy is named in its row of traits, in its own file and in the registry; everything else asks the traits."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from functions.shared.contract.traits import STRATEGIES
from tests.unit.imports import ROOT

# These names are PostgreSQL's kinds of types too, and count only where the code around them can mean nothing else. A
# string that is all of another strategy's name means the strategy.
TYPES_TOO = {"timestamp", "composite", "integer"}
UNMISTAKABLE = set(STRATEGIES) - TYPES_TOO
NAMED_IN = {
    "functions/shared/contract/traits.py",
    "functions/shared/strategies/registry.py",
    *(f"functions/shared/strategies/{name}.py" for name in STRATEGIES),
}
# The attributes, variables and arguments that hold a strategy's name.
HOLDERS = {"strategy", "watermark_type"}
SENTENCE = re.compile(
    rf"full_snapshot|`(composite|xmin)`|watermark_type ({'|'.join(STRATEGIES)})\b|\b(use|or|choose) xmin\b"
)
PATHS = [path for folder in ("functions", "infra") for path in sorted((ROOT / folder).rglob("*.py"))]


def named(text: str) -> set[tuple[int, str]]:
    """(line, text) of each string that names a strategy."""
    return {found for node in ast.walk(ast.parse(text)) for found in (*_by_itself(node), *_by_its_place(node))}


def _by_itself(node: ast.AST) -> Iterator[tuple[int, str]]:
    text = node.value if isinstance(node, ast.Constant) else None
    if isinstance(text, str) and (text in UNMISTAKABLE or SENTENCE.search(text)):
        yield node.lineno, text


def _by_its_place(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Compared with or given to a holder, matched against one, or listed with another strategy."""
    match node:
        case ast.Compare() if any(map(_holds, sides := [node.left, *node.comparators])):
            yield from _names(sides)
        case ast.Match() if _holds(node.subject):
            yield from _names(case.pattern for case in node.cases)
        case ast.keyword() if node.arg in HOLDERS:
            yield from _names([node.value])
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.Dict(keys=parts):
            found = list(_names(part for part in parts if isinstance(part, ast.Constant)))
            yield from found if len(found) > 1 else []


def _holds(node: ast.AST) -> bool:
    return getattr(node, "attr", getattr(node, "id", None)) in HOLDERS


def _names(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        for one in ast.walk(node):
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value in STRATEGIES:
                yield one.lineno, one.value


def test_no_other_file_names_a_strategy() -> None:
    found = {str(path.relative_to(ROOT)): sorted(named(path.read_text())) for path in PATHS}
    assert not {name: lines for name, lines in found.items() if lines and name not in NAMED_IN}


def test_the_snapshot_is_not_named_in_any_comment_either() -> None:
    found = {str(path.relative_to(ROOT)) for path in PATHS if "full_snapshot" in path.read_text()}
    assert not sorted(found - NAMED_IN)


@pytest.mark.parametrize(
    "text",
    [
        'if spec.watermark_type == "integer": pass',
        'if strategy in ("timestamp", "composite"): pass',
        'WAYS = {"timestamp": 1, "integer": 2}',
        'Run(strategy="composite")',
        'match bounds.strategy:\n    case "integer": pass',
        'x = "xmin"',
        'f"{name}: add a primary key or use xmin"',
    ],
)
def test_a_name_is_found(text: str) -> None:
    assert named(text)


@pytest.mark.parametrize(
    "text", ['kind in ("composite", "domain")', 'RULES = {"timestamp": 1, "int4": 2}', 'sql.SQL("age(xmin) <= {}")']
)
def test_a_type_or_a_system_column_is_no_strategy(text: str) -> None:
    assert not named(text)

"""Every marked guard is taken out by a test, and every guard that a test takes out is marked."""

import ast
import builtins
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment

from functions.shared.ground.templates import render
from tests.support.edits import appended, together
from tests.support.guards import ROOT, markers, module_without, rendered_without, without

_TAKEN_OUT_BY = ("without", "rendered_without", "module_without")
_NOT_THESE = (Path(__file__), ROOT / "tests" / "support" / "guards.py")
IN_PYTHON, IN_SQL = "file-loaded-twice", "partial-load"


@cache
def taken_out() -> list[tuple[str, str]]:
    """The guards that tests name, with what each puts in a guard's place where its text says that."""
    paths = [path for path in (ROOT / "tests").rglob("*.py") if path not in _NOT_THESE]
    return sorted({use for path in paths for use in _uses(path)})


def _uses(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TAKEN_OUT_BY:
            name, instead, *_ = [*map(_text, [*node.args, *(keyword.value for keyword in node.keywords)]), ""]
            assert name, f"{path}:{node.lineno} names its guard by a variable: write the name there"
            yield name, instead


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_guard_is_taken_out_by_a_test() -> None:
    assert not markers().keys() - {name for name, _ in taken_out()}


def test_every_guard_that_a_test_takes_out_is_marked_at_one_place() -> None:
    assert not [name for name, _ in taken_out() if len(markers().get(name, [])) != 1]


@pytest.mark.parametrize(("guard", "instead"), taken_out())
def test_what_is_left_can_be_read_and_names_nothing_that_was_not_there(guard: str, instead: str) -> None:
    [(file, edit)] = without(guard, instead).items()
    source = (ROOT / file).read_text()
    edited = edit(source)
    assert edited != source
    if file.endswith(".py"):
        assert _names(edited) <= _names(source) | set(dir(builtins))
    else:
        Environment(autoescape=True).parse(edited)


def _names(source: str) -> set[str]:
    """Those that are read or written, and the parameters, which a function may leave unread."""
    nodes = list(ast.walk(ast.parse(source)))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.arg for node in nodes if isinstance(node, ast.arg)
    }


def test_a_guard_that_no_place_is_marked_as_is_refused() -> None:
    with pytest.raises(AssertionError, match="'guard: no-such' marks 0 places"):
        without("no-such")


@pytest.mark.parametrize("guard", [IN_PYTHON, IN_SQL])
@pytest.mark.parametrize("times", [0, 2])
def test_a_source_that_holds_it_not_once_is_refused(guard: str, times: int) -> None:
    [(file, edit)] = without(guard).items()
    with pytest.raises(AssertionError, match=rf"'guard: {guard}' marks {times} places of the source"):
        edit((ROOT / file).read_text() * times)


@pytest.mark.parametrize(
    ("line", "instead", "left"),
    [
        ("  if a > b:", "", "  if False:"),
        ("  elif a:", "b", "  elif b:"),
        ("  a = b == c", "", "  a = False"),
        ("  a=b,", "c", "  a=c,"),
        ('  "a": b,', "0", '  "a": 0,'),
        ("  run(a, b=c)", "", ""),
        ("  run(a)", "pass", "  pass"),
    ],
)
def test_a_condition_or_a_value_is_false_and_another_line_is_gone(line: str, instead: str, left: str) -> None:
    [edit] = without(IN_PYTHON, instead).values()
    expected = f"before\n{left}\nafter\n" if left else "before\nafter\n"
    assert edit(f"before\n{line}  # guard: {IN_PYTHON}\nafter\n") == expected


def test_what_stands_between_the_marks_of_a_template_is_gone() -> None:
    [edit] = without(IN_SQL).values()
    [other] = without(IN_SQL, "TRUE").values()
    marked = "WHERE{# guard: partial-load #} a\n AND b{# end guard #};"
    assert edit(marked) == "WHERE{# guard: partial-load #}{# end guard #};"
    assert other(marked) == "WHERE{# guard: partial-load #}TRUE{# end guard #};"


def test_edits_of_one_file_are_made_one_after_the_other() -> None:
    edits = together(appended("a.py", "1"), appended("b.py", "2"), appended("a.py", "3"))
    assert {file: edit("0").split() for file, edit in edits.items()} == {"a.py": ["0", "1", "3"], "b.py": ["0", "2"]}


def test_a_statement_and_a_module_are_made_without_it() -> None:
    values = {"since": 7, "columns": [], "key": [], "watermark": None}
    values |= {name: name for name in ("typed", "comment", "staging", "database", "literal")}
    condition = 'WHERE f."SCHEMA_VERSION" >= 7'
    assert condition in render("table/typed.sql", values)
    with rendered_without("file-of-a-former-layout", "TRUE"):
        assert condition not in render("table/typed.sql", values)
    assert condition in render("table/typed.sql", values)
    assert "xmax" in module_without("open-transaction-id-passed", '"xmax"')._FENCE

"""The guards of functions/ and snowflake/ by the names of their markers, and sources without one of them.

In Python a guard is a marked line, as in `if loaded > rows:  # guard: file-loaded-twice`. Without it the condition, or
the value that the line assigns or hands over, is False; a line of another kind is gone. In a template of SQL a guard is
what stands between `{# guard: partial-load #}` and `{# end guard #}`, and is gone. Either way a test may put something
else in its place. A marker names what its guard prevents, and stands at one place.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from jinja2 import ChoiceLoader, DictLoader

from functions.shared.ground import templates
from tests.support.edits import Edits

ROOT = Path(__file__).parents[2]
_TEMPLATES = "snowflake"
_MARKED = {
    ".py": re.compile(r"^(?P<guard>.*\S)  # guard: (?P<name>[a-z-]+)\n", re.MULTILINE),
    ".sql": re.compile(r"\{#-? guard: (?P<name>[a-z-]+) #\}(?P<guard>.*?)\{# end guard #\}", re.DOTALL),
}
_CONDITION = re.compile(r"(\s*(?:if|elif|while) ).*(:)")
# A value that is assigned, or that an argument or an entry on a line of its own hands over.
_VALUE = re.compile(r'(\s*(?:\w+ ?=(?!=)|"\w+":) ?).*?(,?)')


@cache
def markers() -> Mapping[str, Sequence[str]]:
    """The files in which each guard is marked, one for each place."""
    found = defaultdict(list)
    for folder in ("functions", _TEMPLATES):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _MARKED:
                for marked in _MARKED[path.suffix].finditer(path.read_text()):
                    found[marked["name"]].append(path.relative_to(ROOT).as_posix())
    return found


def without(guard: str, instead: str = "") -> Edits:
    """The edit that takes the guard out; an AssertionError where its marker does not stand at exactly one place."""
    files = markers().get(guard, [])
    assert len(files) == 1, f"'guard: {guard}' marks {len(files)} places, not one: {files}"
    return {files[0]: partial(_taken_out, Path(files[0]).suffix, guard, instead)}


@contextmanager
def rendered_without(guard: str, instead: str = "") -> Iterator[None]:
    """Statements that are made inside are rendered from the template without the guard."""
    [(file, edit)] = without(guard, instead).items()
    edited = DictLoader({file.removeprefix(f"{_TEMPLATES}/"): edit((ROOT / file).read_text())})
    usual = templates._environment
    assert usual.loader
    with patch.object(templates, "_environment", usual.overlay(loader=ChoiceLoader([edited, usual.loader]))):
        yield


def module_without(guard: str, instead: str = "") -> ModuleType:
    """A module like the guard's, without the guard."""
    [(file, edit)] = without(guard, instead).items()
    module = ModuleType(file.removesuffix(".py").replace("/", "."))
    exec(compile(edit((ROOT / file).read_text()), file, "exec"), module.__dict__)  # noqa: S102 -- the product's own source
    return module


def _taken_out(suffix: str, guard: str, instead: str, source: str) -> str:
    places = [marked for marked in _MARKED[suffix].finditer(source) if marked["name"] == guard]
    assert len(places) == 1, f"'guard: {guard}' marks {len(places)} places of the source, not one"
    [place] = places
    if suffix == ".sql":
        return source[: place.start("guard")] + instead + source[place.end("guard") :]
    return source[: place.start()] + _line(place["guard"], instead) + source[place.end() :]


def _line(guard: str, instead: str) -> str:
    held = _CONDITION.fullmatch(guard) or _VALUE.fullmatch(guard)
    if held:
        return f"{held[1]}{instead or False}{held[2]}\n"
    indent = guard.removesuffix(guard.lstrip())
    return f"{indent}{instead}\n" if instead else ""

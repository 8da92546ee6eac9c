"""The pages: every relative link leads somewhere, and the README opens with the flow and the two commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.unit.imports import ROOT

README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
MOST_LINES_OF_README = 119
WIDTH = 120

_FENCE = re.compile(r"^( *)```.*?^\1```[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.*?)(?: +#+)? *$", re.MULTILINE)


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Where the page leads inside the repository; what stands in code is no link."""
    for link in _LINK.findall(_CODE.sub("", prose(page))):
        if not urlsplit(link).scheme:
            yield link


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the page's headings: the second of one name gets -1 behind it."""
    found: list[str] = []
    for heading in _HEADING.findall(prose(page)):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        found.append(re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-"))
    repeats = (found[:place].count(anchor) for place, anchor in enumerate(found))
    return {f"{anchor}-{number}" if number else anchor for anchor, number in zip(found, repeats, strict=True)}


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = unquote(link).partition("#")
    there = (page.parent / path).resolve() if path else page
    if not there.exists() or not there.is_relative_to(ROOT):
        return False
    return not anchor or (there.suffix == ".md" and anchor in anchors(there))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert not [link for link in links(page) if not leads_somewhere(page, link)]


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = ROOT / "docs" / "deploy.md"
    assert list(links(README))
    assert leads_somewhere(page, "../README.md#configuration")
    for wrong in ("../README.md#configurations", "../infra/cli", "#no-such-heading", "../cdk.json#context", "../../x"):
        assert not leads_somewhere(page, wrong)
    twice = tmp_path / "twice.md"
    twice.write_text("# A `word`, and more\n## A [word](x.md), and more\n```sh\n# not a heading\n```\n")
    assert anchors(twice) == {"a-word-and-more", "a-word-and-more-1"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped(page: Path) -> None:
    """A row of a table is one line however long; any other line can be read in a diff."""
    lines = [line for line in prose(page).splitlines() if not line.lstrip().startswith("|")]
    assert not [line for line in lines if len(line) > WIDTH]


def test_the_readme_is_short_and_opens_with_the_flow_and_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES_OF_README
    picture, commands, *_ = _FENCE.finditer(text)
    assert picture[0].startswith("```mermaid\nflowchart ")
    assert [line.split("#")[0].strip() for line in commands[0].splitlines()[1:-1]] == ["make demo", "make test"]
    assert len(text[: picture.start()].split("\n\n")) <= 3, "no more than a title and a sentence before the picture"
    assert not _HEADING.search(text[picture.end() : commands.start()])

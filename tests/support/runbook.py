"""The pages of the runbook, and what stands in their blocks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.contexts import ROOT

RUNBOOK = sorted((ROOT / "docs" / "runbook").glob("*.md"))
each_page = pytest.mark.parametrize("page", RUNBOOK, ids=lambda page: page.stem)


def blocks(page: Path, language: str) -> Iterator[str]:
    """The fenced blocks of a language, without their indentation."""
    for indent, text in re.findall(rf"^( *)```{language}\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE):
        yield "\n".join(line.removeprefix(indent) for line in text.splitlines())

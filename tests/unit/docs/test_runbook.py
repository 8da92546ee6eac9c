"""The runbook's commands, inputs and links are real."""

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from functions.shared.contract.spec import parse_spec
from tests.support.contexts import ROOT
from tests.support.runbook import RUNBOOK, blocks, each_page

PAGES = [*RUNBOOK, ROOT / "docs" / "dashboard-and-alarms.md", ROOT / "docs" / "operate.md"]
# Options of the command line itself, which no operation has.
GLOBAL = {"query", "output", "max-items"}


def aws_commands() -> Iterator[tuple[str, list[str]]]:
    for page in RUNBOOK:
        for block in blocks(page, "sh"):
            for line in block.splitlines():
                for command in re.findall(r"(?:^|\{ )(aws .*?)(?:; \}|$)", line):
                    yield page.stem, shlex.split(command)[1:]


@pytest.mark.parametrize(
    ("page", "words"), list(aws_commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_command_of_aws_has_these_options(page: str, words: list[str]) -> None:
    service, operation, *options = words
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names, page
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None
    known = {xform_name(member, "-") for member in shape.members}
    given = {option.removeprefix("--") for option in options if option.startswith("--")}
    assert given <= known | GLOBAL
    assert {xform_name(member, "-") for member in shape.required_members} <= given


def test_inputs_are_those_that_the_workflow_takes_and_values_are_specifications() -> None:
    inputs, values = [], []
    for _, words in aws_commands():
        options: dict[str, str] = dict(pairwise(words))
        inputs += [json.loads(options["--input"])] if "--input" in options else []
        values += [json.loads(options["--value"])] if "--value" in options else []
    assert inputs
    assert all(set(given) <= {"tables", "replay"} for given in inputs)
    assert values
    for value in values:
        parse_spec({"table_name": "public.orders", "watermark_col": "at", **value}, "the runbook")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if link.startswith("http"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}


@each_page
def test_a_page_says_symptom_place_remedy_and_proof(page: Path) -> None:
    if page.stem != "README":
        text = page.read_text()
        parts = ("**Symptom.**", "**Look here", "**Do this", "**It worked when**")
        assert [part for part in parts if part not in text] == []
        assert f"({page.name})" in (page.parent / "README.md").read_text()

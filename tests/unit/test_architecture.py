"""docs/architecture.md draws what the law of the layout and the steps' handlers say."""

import inspect
import re
from importlib import import_module
from typing import get_type_hints

import pytest

from functions.shared.contract.state import Part, State
from tests.unit.imports import ROOT
from tests.unit.test_layout import CDK_ROOMS, FLOORS, MOST_FILES, MOST_LINES, NEIGHBOURS, STEPS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")
# Imported here: while a test runs, libraries that look at the machine as they are imported would be refused.
HANDLERS = {step: import_module(f"functions.{step}.handler").handler for step in STEPS}
# The definition makes these of what the slices return.
MADE_OF_PARTS = {"batch", "load"}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table after a text of the page, cell by cell."""
    _, _, after = PAGE.partition(heading)
    rows = re.search(r"^\|---.*\n((?:\|.*\n)+)", after, re.MULTILINE)
    assert rows, heading
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1].splitlines()]


@pytest.mark.parametrize("folder", ["functions", "infra", "local"])
def test_the_tables_of_floors_are_the_law(folder: str) -> None:
    drawn = [sorted(CODE.findall(rooms)) for rooms, _ in table(f"**`{folder}/`**")]
    law = [sorted(room.removeprefix(f"{folder}.") for room in floor) for floor in reversed(FLOORS[folder])]
    assert drawn == law


def test_the_folders_without_a_table_are_one_room() -> None:
    others = [floors for folder, floors in FLOORS.items() if f"**`{folder}/`**" not in PAGE]
    assert all(floors == [[folder]] for folder, floors in zip(("operate", "bench", "app"), others, strict=True))


def test_the_arrows_between_folders_are_the_law() -> None:
    picture = PAGE.split("```mermaid\n")[1].split("```")[0]
    drawn = {
        folder: sorted(targets.split(" & "))
        for folder, targets in re.findall(r"^ +(\w+)(?:\[[^\]]*\])? --> (.+)$", picture, re.MULTILINE)
    }
    law = {folder: sorted({name.split(".")[0] for name in names}) for folder, names in NEIGHBOURS.items()}
    assert drawn == {folder: names for folder, names in law.items() if names}


def test_the_laws_name_the_rooms_of_the_cdk_and_the_limits() -> None:
    _, _, laws = PAGE.partition("## The laws")
    [only] = re.findall(r"^\d\. Only (.*?) import the CDK", laws, re.MULTILINE | re.DOTALL)
    assert tuple(CODE.findall(only)) == CDK_ROOMS
    assert f"{MOST_LINES} lines" in laws
    assert f"{MOST_FILES} files" in laws


def reads_and_adds(step: str) -> tuple[set[str], set[str]]:
    """What a step's handler takes of the state, and what it adds."""
    hints = get_type_hints(inspect.unwrap(HANDLERS[step]))
    adds, reads = hints.pop("return"), hints.popitem()[1]
    return set(reads.model_fields), MADE_OF_PARTS if adds is Part else set(adds.model_fields)


def test_the_parts_of_the_state_are_those_that_the_handlers_declare() -> None:
    drawn = {}
    for step, reads, adds in table("## The way of a value"):
        [name] = CODE.findall(step)
        drawn[name] = set(CODE.findall(reads)), set(CODE.findall(adds))
    declared = {step: reads_and_adds(step) for step in STEPS}
    of_a_table = {step: parts for step, parts in declared.items() if "table" in parts[0]}
    assert drawn == of_a_table
    assert set().union(*(reads | adds for reads, adds in drawn.values())) == State.model_fields.keys() - {"failure"}


def test_every_path_of_the_page_is_there() -> None:
    _, _, changes = PAGE.partition("## Where does my change go?")
    paths = [path for path in CODE.findall(changes) if "/" in path and "<" not in path]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []

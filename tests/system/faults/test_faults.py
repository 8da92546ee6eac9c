"""A sample of the fault matrix; `make faults` plays all of it."""

from pathlib import Path

import pytest

from tests.system.faults.guards import Guard
from tests.system.faults.matrix import Played, all_guards, cells


@pytest.mark.parametrize("title", [cell.title for cell in cells() if cell.fast])
def test_a_fault_leaves_no_partial_state_and_ends_identical(played: Played, title: str) -> None:
    result = played.results[title]
    assert not result.problems
    assert result.looks > 10


@pytest.mark.parametrize("guard", all_guards(), ids=lambda guard: guard.name)
def test_every_guard_that_is_taken_out_is_there(guard: Guard) -> None:
    for edits in guard.edits.values():
        for file, edit in edits.items():
            code = Path(file).read_text()
            assert edit(code) != code


@pytest.mark.parametrize("name", [guard.name for guard in all_guards() if guard.fast])
def test_without_the_guard_the_damage_shows(played: Played, name: str) -> None:
    assert played.damages[name]


def test_every_cell_has_a_title_of_its_own() -> None:
    titles = [(cell.title, cell.strategy) for cell in cells()]
    assert len(set(titles)) == len(titles)

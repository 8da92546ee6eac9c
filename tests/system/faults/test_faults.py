"""A sample of the fault matrix; `make faults` runs all of it."""

from pathlib import Path

import pytest

from tests.system.faults.guards import Guard
from tests.system.faults.matrix import MatrixResults, all_guards, faults


@pytest.mark.parametrize("title", [fault.title for fault in faults() if fault.fast])
def test_a_fault_leaves_no_partial_state_and_ends_identical(matrix_results: MatrixResults, title: str) -> None:
    result = matrix_results.results[title]
    assert not result.problems
    assert result.looks > 10


@pytest.mark.parametrize("guard", all_guards(), ids=lambda guard: guard.name)
def test_every_guard_that_is_taken_out_is_there(guard: Guard) -> None:
    for edits in guard.edits.values():
        for file, edit in edits.items():
            code = Path(file).read_text()
            assert edit(code) != code


@pytest.mark.parametrize("name", [guard.name for guard in all_guards() if guard.fast])
def test_without_the_guard_the_damage_shows(matrix_results: MatrixResults, name: str) -> None:
    assert matrix_results.damages[name]


def test_every_cell_has_a_title_of_its_own() -> None:
    titles = [(fault.title, fault.strategy) for fault in faults()]
    assert len(set(titles)) == len(titles)

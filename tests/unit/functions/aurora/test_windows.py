"""Windows that need no database to be understood."""

import pytest
from pydantic import ValidationError

from functions.shared.aurora.windows import EVERYTHING, NOTHING, all_of, rows_in
from functions.shared.contract.bounds import Below, ColumnWindow, Everything, Quarantined


def test_a_complete_window_is_everything_past_the_fence_included() -> None:
    assert rows_in(Everything()) == EVERYTHING


def test_a_window_without_bounds_cannot_be_made() -> None:
    for missing in ({"high": None}, {"column": None}):
        with pytest.raises(ValidationError):
            Below.model_validate({"column": "at", "type_name": "int8", "high": "2", **missing})
    with pytest.raises(ValidationError):
        ColumnWindow.model_validate({"low": "1"})


def test_a_replay_reads_no_row_of_aurora() -> None:
    assert rows_in(Quarantined()) == NOTHING


def test_both_of_nothing_is_everything() -> None:
    assert all_of() == all_of(EVERYTHING, EVERYTHING) == EVERYTHING

"""What travels between the steps: nothing unknown on the wire, nothing changed on the way, no value in an error."""

from typing import Any

import pytest
from pydantic import ValidationError

from functions.shared.contract.bounds import Reading, Slice
from functions.shared.contract.result import Result
from functions.shared.contract.state import State, Table
from tests.support.bounds import bounds_event


def test_what_is_not_known_is_absent() -> None:
    assert Slice(low="1").model_dump() == {"low": "1"}
    assert Table(table_name="public.t").model_dump() == {"table_name": "public.t"}


def test_a_big_integer_travels_as_text_for_the_workflows_numbers_are_doubles() -> None:
    reading = Reading(ceiling=2**63 - 1, read_at="2026-01-01T00:00:00+00:00")
    assert reading.model_dump(mode="json")["ceiling"] == str(2**63 - 1)
    assert Reading.model_validate(reading.model_dump(mode="json")) == reading


def test_a_part_is_not_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Slice(low="1").low = "2"


@pytest.mark.parametrize(
    "state",
    [
        {"bounds": {**bounds_event(high="2026-01-01"), "held": "4711-0815"}},
        {"bounds": {**bounds_event(high="2026-01-01"), "window": {"kind": "column", "low": {"v": "4711-0815"}}}},
        {"result": {"note": {"v": "4711-0815"}}},
        {"batch": "4711-0815"},
    ],
)
def test_an_error_names_the_field_and_never_its_value(state: dict[str, Any]) -> None:
    """A bound can be a value of a row, and errors are logged and end in dead letters."""
    with pytest.raises(ValidationError) as raised:
        State.model_validate({"table": {"table_name": "public.t"}, "execution": "e", **state})
    assert next(iter(state)) in str(raised.value)
    assert "4711-0815" not in str(raised.value)
    with pytest.raises(ValidationError) as raised:
        Result.model_validate({"note": {"v": "4711-0815"}})
    assert "4711-0815" not in str(raised.value)

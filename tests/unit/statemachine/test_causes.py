"""Whatever ended a step, the failure has a message."""

import pytest
from ministack.services import stepfunctions as sfn

from tests.support.definition import NO_MESSAGE, STATES

CATCHES = {
    name: catch["Output"] for name, state in STATES for catch in state.get("Catch", []) if "failure" in catch["Output"]
}


@pytest.mark.parametrize("state", CATCHES)
@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, NO_MESSAGE),
        ({"Cause": ""}, NO_MESSAGE),
        ({"Cause": '{"errorMessage": ""}'}, NO_MESSAGE),
        ({"Cause": '{"errorMessage": "t: it broke"}'}, "t: it broke"),
        ({"Cause": '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out"}'}, "Task timed out"),
        ({"Cause": "throttled"}, "throttled"),
        ({"Cause": 'no "errorMessage" here'}, 'no "errorMessage" here'),
        ({"Cause": '{"errorMessage": "t: it bro'}, '{"errorMessage": "t: it bro'),
        ({"Cause": f'{{"errorMessage": "{"x" * 32_000}"}}'}, "x" * 4000),
    ],
    ids=["absent", "empty", "empty message", "message", "without spaces", "text", "no JSON", "cut", "long"],
)
def test_whatever_the_cause_a_failure_has_a_message(state: str, told: dict[str, str], message: str) -> None:
    error = {"Error": "E", **told}
    context = {"State": {"Name": state}}
    caught = sfn._apply_jsonata_template(CATCHES[state], {"execution": "e"}, context, error_output=error)
    assert caught == {"execution": "e", "failure": {"state": state, "error": "E", "message": message}}


def test_each_failure_is_told_by_the_same_words() -> None:
    assert len(set(CATCHES.values())) == 1
    steps = {"Replay", "Watermark", "Schema", "Export", "Await load", "Merge", "Reconcile", "Clear full refresh"}
    assert CATCHES.keys() == steps

"""What the definition itself shows of the state machine."""

import inspect
from typing import Any

import pytest

from functions.shared.ground import errors
from tests.support.contexts import ROOT
from tests.support.definition import LAMBDA_TASKS, STATES, STEPS, TASKS, filled

DEFINITION = filled()
# No errors: answers of DynamoDB and Step Functions.
ANSWERS = {
    "DynamoDB.ConditionalCheckFailedException",
    "Sfn.ExecutionDoesNotExist",
    "Sfn.ExecutionDoesNotExistException",
}
AWS_ERRORS = ANSWERS | {
    "States.ALL",
    "States.Timeout",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.EC2ThrottledException",
    "Lambda.EC2UnexpectedException",
    "Lambda.ENINotReadyException",
    "Lambda.ResourceConflictException",
    "Lambda.ResourceNotReadyException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
}
ERROR_CLASSES = dict(inspect.getmembers(errors, inspect.isclass))


def handlers_of(field: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """The Retry or Catch lists, by state."""
    return [(name, state[field]) for name, state in STATES if field in state]


def test_the_machine_itself_has_a_timeout() -> None:
    assert DEFINITION["TimeoutSeconds"] > 0
    assert DEFINITION["QueryLanguage"] == "JSONata"


@pytest.mark.parametrize("name", LAMBDA_TASKS)
def test_a_lambda_state_bears_the_name_of_its_function(name: str) -> None:
    function = "".join(word.capitalize() for word in STEPS[name].split("_"))
    assert LAMBDA_TASKS[name]["Arguments"]["FunctionName"] == f"${{{function}Function}}"
    assert (ROOT / "functions" / STEPS[name] / "handler.py").exists()


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_timeout_and_retries_with_a_cap(name: str) -> None:
    assert TASKS[name]["TimeoutSeconds"] > 0
    assert TASKS[name]["Retry"]
    for retrier in TASKS[name]["Retry"]:
        assert retrier["MaxDelaySeconds"] > retrier["IntervalSeconds"]
        assert (retrier["MaxAttempts"] > 0) == (not ANSWERS & set(retrier["ErrorEquals"]))


@pytest.mark.parametrize("field", ["Retry", "Catch"])
def test_every_error_name_exists(field: str) -> None:
    named = {error for _, handlers in handlers_of(field) for handler in handlers for error in handler["ErrorEquals"]}
    assert named
    assert named - AWS_ERRORS <= ERROR_CLASSES.keys()


def test_transient_errors_are_retried_and_permanent_ones_are_not() -> None:
    retried = {
        error for _, handlers in handlers_of("Retry") for handler in handlers for error in handler["ErrorEquals"]
    }
    transient = {
        name
        for name, found in ERROR_CLASSES.items()
        if issubclass(found, errors.TransientError) and found is not errors.TransientError
    }
    assert retried - AWS_ERRORS == transient


@pytest.mark.parametrize("field", ["Retry", "Catch"])
def test_states_all_stands_alone_and_last(field: str) -> None:
    for _, handlers in handlers_of(field):
        names = [handler["ErrorEquals"] for handler in handlers]
        assert all(len(errors_) == 1 for errors_ in names if "States.ALL" in errors_)
        assert not [errors_ for errors_ in names[:-1] if "States.ALL" in errors_]


def distributed_maps() -> dict[str, dict[str, Any]]:
    maps = {name: state for name, state in STATES if state["Type"] == "Map"}
    return {
        name: state
        for name, state in maps.items()
        if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    }


def test_the_tables_never_run_all_again_because_of_one() -> None:
    [(_, each_table)] = distributed_maps().items()
    assert "Retry" not in each_table
    assert each_table["ToleratedFailurePercentage"] == 100
    assert each_table["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] == "STANDARD"


def test_a_redrive_asks_for_the_same_kind_of_run_again() -> None:
    """A failed replay that was redriven as a run would leave the quarantine as it is."""
    [(_, each_table)] = distributed_maps().items()
    states = dict(STATES)
    [again] = states["Redrive to retry failed tables"]["Choices"]
    assert again["Output"].keys() == {"tables", "replay"}
    assert "'replay': $states.input.replay" in each_table["Output"]
    assert states["Config"]["Output"]["replay"] == "{% $states.result.Payload.replay %}"
    assert "'replay': true" in states["Record failure"]["Arguments"]["MessageBody"]["rerun_input"]


def test_every_failure_of_a_table_ends_in_a_dead_letter_with_its_input() -> None:
    [(_, each_table)] = distributed_maps().items()
    tasks = {name: s for name, s in each_table["ItemProcessor"]["States"].items() if s["Type"] == "Task"}
    recorder = tasks.pop("Record failure")
    assert recorder["Resource"] == "arn:aws:states:::sqs:sendMessage"
    for released in [name for name in tasks if name.startswith("Release")]:
        # A release that fails does no harm: the next run sees that the holder does not run.
        assert [catch["ErrorEquals"] for catch in tasks.pop(released)["Catch"]] == [["States.ALL"]]
    leasing = {"Take lease", "Read holder", "Look at holder", "Take over lease"}
    assert leasing <= tasks.keys()
    for name, task in tasks.items():
        last = task["Catch"][-1]
        # Leases save work only: a table that cannot have one is read all the same.
        follows = "Schema" if name in leasing else "Record failure"
        assert (last["ErrorEquals"], last["Next"]) == (["States.ALL"], follows), name
        assert "$states.input" in last["Output"], name

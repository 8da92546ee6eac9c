"""How long each step's retries last, on whatever side the jitter falls."""

import random

import pytest

from local.aws.workflow.retry import delay_seconds
from tests.support.definition import LAMBDA_TASKS, TASKS

# An Aurora failover and a change of Vault's leader take up to two minutes; a function's network interfaces 90 seconds.
OUTAGES = {"SourceUnavailable": 120, "WarehouseUnavailable": 120, "VaultUnavailable": 120}
LAMBDA = {"Lambda.ServiceException": 120, "Lambda.TooManyRequestsException": 120}
NOT_READY = {
    "Lambda.ResourceNotReadyException": 120,
    "Lambda.ENINotReadyException": 120,
    "Lambda.EC2ThrottledException": 120,
    "Lambda.EC2UnexpectedException": 120,
    "Lambda.ResourceConflictException": 120,
}
# Not Progress: its failure costs queries only, and what hinders it hinders every table, which waits then.
STEPS = [state for state in LAMBDA_TASKS if state != "Progress"]
TIME_LIMITS = ["States.Timeout", "Sandbox.Timedout", "Runtime.ExitError"]
_TRIES = 200


def seconds(state: str, error: str, chance: random.Random) -> float:
    """How long an error may last for the state to outlive it."""
    matching = [one for one in TASKS[state]["Retry"] if {error, "States.ALL"} & set(one["ErrorEquals"])]
    if not matching:
        return 0
    return sum(delay_seconds(matching[0], earlier, chance) for earlier in range(matching[0]["MaxAttempts"]))


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize(("error", "lasts"), [*OUTAGES.items(), *LAMBDA.items(), *NOT_READY.items()])
def test_an_outage_of_two_minutes_is_outlived(state: str, error: str, lasts: float) -> None:
    own = "ParametersUnavailable" if error in OUTAGES and state in {"Config", "Clear full refresh"} else error
    chance = random.Random(0)
    assert min(seconds(state, own, chance) for _ in range(_TRIES)) >= lasts


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("error", TIME_LIMITS)
def test_what_reached_a_time_limit_is_tried_twice_more_whoever_noticed_it(state: str, error: str) -> None:
    """The statement that a function was waiting for goes on in Aurora: many retries would be as many at once."""
    [retrier] = [one for one in LAMBDA_TASKS[state]["Retry"] if error in one["ErrorEquals"]]
    assert retrier["MaxAttempts"] == 2

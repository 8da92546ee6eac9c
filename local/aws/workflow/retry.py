"""Retry and Catch as Step Functions defines them, where stock ministack differs.

``MaxDelaySeconds`` caps a delay, ``JitterStrategy: FULL`` draws it from zero to that delay, and ``States.ALL`` catches
neither ``States.Runtime`` nor ``States.DataLimitExceeded``; a task that its TimeoutSeconds end has an empty cause.
"""

import random
from typing import Any

from ministack.services import stepfunctions as sfn

_UNCATCHABLE = frozenset({"States.Runtime", "States.DataLimitExceeded"})


_chance = random.Random()


def delay_seconds(retrier: dict[str, Any], earlier_attempts: int, chance: random.Random = _chance) -> float:
    """Seconds before the next attempt, after this many earlier retries by the same retrier.

    FULL jitter draws them from zero to the delay, by `chance`.
    """
    delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** earlier_attempts
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    return chance.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def apply() -> None:
    """Replaces the matching of errors, the choice of a retrier and the cause of a timeout."""
    matches, find, invoke = sfn._error_matches, sfn._find_matching_retrier, sfn._invoke_resource_with_timeout

    def matches_catchable(error_equals: list[str], error: str) -> bool:
        return error in error_equals if error in _UNCATCHABLE else matches(error_equals, error)

    def find_with_delay(
        retriers: list[dict[str, Any]], error: str, counts: dict[int, int]
    ) -> tuple[dict[str, Any] | None, int]:
        retrier, index = find(retriers, error, counts)
        if retrier is None:
            return None, index
        # the caller computes IntervalSeconds * BackoffRate ** count
        return {**retrier, "IntervalSeconds": delay_seconds(retrier, counts.get(index, 0)), "BackoffRate": 1}, index

    def invoke_until_timeout(resource: str, arguments: Any, timeout: float) -> Any:
        try:
            return invoke(resource, arguments, timeout)
        except sfn._ExecutionError as failure:
            if failure.error == "States.Timeout":
                raise sfn._ExecutionError(failure.error, "") from None
            raise

    sfn._error_matches = matches_catchable
    sfn._find_matching_retrier = find_with_delay
    sfn._invoke_resource_with_timeout = invoke_until_timeout

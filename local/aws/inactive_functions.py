"""A function that a test marks as inactive, as Lambda makes one in a VPC that nobody called for weeks.

Its tag ``laptop-inactive-seconds`` says how long its network interfaces take: the next invocation fails and begins to
make them, and so does every one until they are there.
"""

import time
from typing import Any

from ministack.services import lambda_svc
from ministack.services import stepfunctions as sfn

TAG = "laptop-inactive-seconds"
_ERROR = "Lambda.ResourceNotReadyException"
_CAUSE = "The function is inactive and its VPC connection is no longer available. Wait for it and try again."

_ready_at: dict[str, float] = {}


def apply() -> None:
    """Refuses the invocations that a state machine makes of such a function."""
    call = sfn._call_lambda

    def call_if_active(reference: str, event: Any) -> Any:
        _, _, name = lambda_svc._get_func_record_for_ref(reference)
        tags = lambda_svc._functions.get(name, {}).get("tags", {})
        if TAG in tags:
            if time.monotonic() < _ready_at.setdefault(name, time.monotonic() + float(tags[TAG])):
                raise sfn._ExecutionError(_ERROR, _CAUSE)
            del _ready_at[name], tags[TAG]
        return call(reference, event)

    sfn._call_lambda = call_if_active

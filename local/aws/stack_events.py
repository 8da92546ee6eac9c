"""A stack's events are those of the resources that an update changed, each with a different time.

Stock ministack records every resource of the template, and dozens of events in one millisecond, which a reader of
DescribeStackEvents cannot order.
"""

from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, stacks

_RECORDING_MODULES = (stacks, changesets, handlers)

_untouched: ContextVar[str] = ContextVar("untouched_resource", default="")


def apply() -> None:
    """Replaces the recording of events, and watches what an update leaves alone."""
    update, record = stacks._update_keeping_seed, stacks._add_event

    def update_and_note(*request: Any) -> Any:
        _, _, before, after, _, logical_id, *_ = request
        _untouched.set(logical_id if before == after else "")
        return update(*request)

    def record_change(*event: Any, **more: Any) -> None:
        stack_id, _, logical_id, _, status, *_ = event
        if status == "UPDATE_COMPLETE" and logical_id == _untouched.get():
            _untouched.set("")
            cloudformation._stack_events[stack_id].pop()  # its UPDATE_IN_PROGRESS
            return
        record(*event, **more)
        recorded = cloudformation._stack_events[stack_id]
        if len(recorded) > 1:
            recorded[-1]["Timestamp"] = _after(recorded[-2]["Timestamp"], recorded[-1]["Timestamp"])

    stacks._update_keeping_seed = update_and_note
    for module in _RECORDING_MODULES:
        module._add_event = record_change


def _after(earlier: str, now: str) -> str:
    """``now``, or the first millisecond after ``earlier``; both in ISO format."""
    if now > earlier:
        return now
    following = datetime.fromisoformat(earlier) + timedelta(milliseconds=1)
    return following.isoformat(timespec="milliseconds").replace("+00:00", "Z")

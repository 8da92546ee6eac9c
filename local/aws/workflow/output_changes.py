"""A template whose outputs alone changed is a change; stock ministack finds none, as it compares only resources."""

from typing import Any

from ministack.services.cloudformation import _ACTION_HANDLERS, changesets, handlers
from ministack.services.cloudformation.helpers import _p

_UNCHANGED = "The submitted information didn't contain changes."


def apply() -> None:
    """Makes such a change set executable."""
    create = _ACTION_HANDLERS["CreateChangeSet"]

    def create_for_outputs_too(params: dict[str, Any]) -> Any:
        answer = create(params)
        stack = handlers._resolve_stack(_p(params, "StackName")) or {}
        _, made = changesets._find_change_set(_p(params, "ChangeSetName"), stack.get("StackName", ""))
        if made and made["StatusReason"].startswith(_UNCHANGED) and _outputs(made) != _outputs(stack):
            made.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")
        return answer

    _ACTION_HANDLERS["CreateChangeSet"] = create_for_outputs_too


def _outputs(described: dict[str, Any]) -> Any:
    return described["_template"].get("Outputs", {})

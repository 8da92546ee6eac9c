"""RedriveExecution: a failed execution resumes at the state that failed, with that state's input and variables."""

import contextvars
import json
import threading
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as sfn

from local.aws.workflow import execution as loop

_REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")

Response = Any  # (status, headers, body), made by ministack


def apply() -> None:
    """Adds the action, and the redrive fields of DescribeExecution."""
    handle, describe = sfn.handle_request, sfn._describe_execution

    async def handle_redrive_too(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any
    ) -> Response:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return sfn._finalize_response(_redrive(json.loads(body)))
        return await handle(method, path, headers, body, query_params)

    def describe_with_redrive(data: dict[str, Any]) -> Response:
        status, headers, body = describe(data)
        execution = sfn._executions.get(data.get("executionArn"))
        if execution is None:
            return status, headers, body
        redrivable = execution["status"] in _REDRIVABLE
        described = json.loads(body) | {
            "redriveCount": execution.get("redriveCount", 0),
            "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        }
        if execution.get("redriveDate"):
            described["redriveDate"] = execution["redriveDate"]
        return json_response(described)

    sfn.handle_request = handle_redrive_too
    sfn._describe_execution = describe_with_redrive


def _redrive(request: dict[str, Any]) -> Response:
    arn = request.get("executionArn")
    execution = sfn._executions.get(arn)
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    if execution["status"] not in _REDRIVABLE:
        return error_response_json("ExecutionNotRedrivable", f"Execution is {execution['status']}: '{arn}'", 400)
    checkpoint = execution["checkpoint"]
    execution.update(
        status="RUNNING",
        stopDate=None,
        output=None,
        error=None,
        cause=None,
        redriveCount=execution.get("redriveCount", 0) + 1,
        redriveDate=now_iso(),
    )
    sfn._add_event(
        execution, "ExecutionRedriven", {"executionRedrivenEventDetails": {"redriveCount": execution["redriveCount"]}}
    )
    resume = (execution, execution["definition"], checkpoint["state"], checkpoint["input"], checkpoint["variables"])
    threading.Thread(target=contextvars.copy_context().run, args=(loop.run, *resume), daemon=True).start()
    return json_response({"redriveDate": execution["redriveDate"]})

"""A state machine calls other services under its own role: what the role's policies do not allow fails as on AWS.

Stock ministack calls Lambda, SQS and SNS from a state machine without asking IAM.
"""

import contextvars
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import stepfunctions as sfn

_role: contextvars.ContextVar[str] = contextvars.ContextVar("state_machine_role", default="")


def act_as(role_arn: str) -> None:
    """Sets the role under which the current thread's tasks call other services."""
    _role.set(role_arn)


def require(action: str, resource_arn: str, error: str) -> None:
    """Raises the state error ``error`` unless the role's policies allow the action on the resource."""
    role_name, account = _role.get().rsplit("/", 1)[-1], _role.get().split(":")[4]
    principal = f"arn:aws:sts::{account}:assumed-role/{role_name}/StepFunctions"
    request = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=sfn.get_region(),
        service_context={},
        principal_keys={},
    )
    if iam_evaluator.evaluate(request, iam_evaluator._gather_role_policies(role_name, account)).decision != "Allow":
        raise sfn._ExecutionError(
            error, f"User: {principal} is not authorized to perform: {action} on resource: {resource_arn}"
        )


def apply() -> None:
    """Puts the check before the three integrations the workflow uses."""
    invoke = sfn._invoke_resource

    def invoke_if_allowed(resource: str, arguments: Any) -> Any:
        if resource == "arn:aws:states:::lambda:invoke":
            require("lambda:InvokeFunction", _function_arn(arguments["FunctionName"]), "Lambda.AWSLambdaException")
        elif resource == "arn:aws:states:::sqs:sendMessage":
            require("sqs:SendMessage", _queue_arn(arguments["QueueUrl"]), "SQS.AccessDeniedException")
        elif resource == "arn:aws:states:::sns:publish":
            require("sns:Publish", arguments["TopicArn"], "SNS.AuthorizationErrorException")
        return invoke(resource, arguments)

    sfn._invoke_resource = invoke_if_allowed


def _function_arn(reference: str) -> str:
    if reference.startswith("arn:"):
        return reference
    return f"arn:aws:lambda:{sfn.get_region()}:{sfn.get_account_id()}:function:{reference}"


def _queue_arn(url: str) -> str:
    account, name = url.rstrip("/").rsplit("/", 2)[-2:]
    return f"arn:aws:sqs:{sfn.get_region()}:{account}:{name}"

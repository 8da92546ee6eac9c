"""A state machine calls other services under its own role: what the role's policies do not allow fails as on AWS.

Stock ministack calls Lambda, SQS and SNS from a state machine without asking IAM.
"""

import contextvars
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import stepfunctions as sfn

_SESSION = "StepFunctions"
_NO_TABLE_ACCESS = "DynamoDB.AmazonDynamoDBException"

_role: contextvars.ContextVar[str] = contextvars.ContextVar("state_machine_role", default="")


def act_as(role_arn: str) -> None:
    """Sets the role under which the current thread's tasks call other services."""
    _role.set(role_arn)


def allowed(role_arn: str, session: str, action: str, resource_arn: str) -> bool:
    """Whether the role's policies allow a service, as the role's session of this name, the action on the resource."""
    role_name, account = role_arn.rsplit("/", 1)[-1], role_arn.split(":")[4]
    request = iam_evaluator.EvalContext(
        principal_arn=_principal(role_arn, session),
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=sfn.get_region(),
        service_context={},
        principal_keys={},
    )
    policies = iam_evaluator._gather_role_policies(role_name, account)
    return bool(iam_evaluator.evaluate(request, policies).decision == "Allow")


def require(action: str, resource_arn: str, error: str) -> None:
    """Raises the state error ``error`` unless the state machine's role may do the action on the resource."""
    if not allowed(_role.get(), _SESSION, action, resource_arn):
        principal = _principal(_role.get(), _SESSION)
        raise sfn._ExecutionError(
            error, f"User: {principal} is not authorized to perform: {action} on resource: {resource_arn}"
        )


def apply() -> None:
    """Puts the check before the integrations that the workflow uses."""
    invoke = sfn._invoke_resource

    def invoke_if_allowed(resource: str, arguments: Any) -> Any:
        if resource == "arn:aws:states:::lambda:invoke":
            require("lambda:InvokeFunction", _function_arn(arguments["FunctionName"]), "Lambda.AWSLambdaException")
        elif resource == "arn:aws:states:::sqs:sendMessage":
            require("sqs:SendMessage", _queue_arn(arguments["QueueUrl"]), "SQS.AccessDeniedException")
        elif resource == "arn:aws:states:::sns:publish":
            require("sns:Publish", arguments["TopicArn"], "SNS.AuthorizationErrorException")
        elif resource.startswith("arn:aws:states:::dynamodb:"):
            require(f"dynamodb:{_operation(resource)}", _table_arn(arguments["TableName"]), _NO_TABLE_ACCESS)
        elif resource == "arn:aws:states:::aws-sdk:sfn:describeExecution":
            require("states:DescribeExecution", arguments["ExecutionArn"], "Sfn.SfnException")
        return invoke(resource, arguments)

    sfn._invoke_resource = invoke_if_allowed


def _principal(role_arn: str, session: str) -> str:
    return f"arn:aws:sts::{role_arn.split(':')[4]}:assumed-role/{role_arn.rsplit('/', 1)[-1]}/{session}"


def _function_arn(reference: str) -> str:
    if reference.startswith("arn:"):
        return reference
    return f"arn:aws:lambda:{sfn.get_region()}:{sfn.get_account_id()}:function:{reference}"


def _operation(resource: str) -> str:
    name = resource.rsplit(":", 1)[-1]
    return name[0].upper() + name[1:]


def _table_arn(name: str) -> str:
    return f"arn:aws:dynamodb:{sfn.get_region()}:{sfn.get_account_id()}:table/{name}"


def _queue_arn(url: str) -> str:
    account, name = url.rstrip("/").rsplit("/", 2)[-2:]
    return f"arn:aws:sqs:{sfn.get_region()}:{account}:{name}"

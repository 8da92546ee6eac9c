"""Errors of the SDK integrations under the names of the Java SDK's classes, by which Step Functions names them."""

from ministack.services import stepfunctions as sfn


def apply() -> None:
    """Names what stock ministack calls by the API's code."""
    sfn._AWS_SDK_ERROR_CODE_OVERRIDES["sfn"] = {"ExecutionDoesNotExist": "ExecutionDoesNotExistException"}

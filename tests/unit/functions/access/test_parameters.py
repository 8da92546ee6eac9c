"""What Parameter Store says, in the workflow's words."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.shared.access import parameters
from functions.shared.ground.errors import AccessDenied, InvalidConfiguration, ParametersUnavailable, SyncError

CALLS: dict[str, Callable[[], Any]] = {
    "get_parameters": lambda: parameters.read_tables("/sync"),
    "get_paginator": lambda: parameters.read_tables("/sync"),
    "put_parameter": lambda: parameters.write("/sync/tables", "[]"),
    "get_parameter": lambda: parameters.previous("/sync/tables", 1),
}


def says(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "GetParameters")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (says("AccessDeniedException"), AccessDenied),
        (says("ExpiredTokenException"), AccessDenied),
        (says("ThrottlingException"), ParametersUnavailable),
        (says("TooManyUpdates"), ParametersUnavailable),
        (says("InternalServerError"), ParametersUnavailable),
        (EndpointConnectionError(endpoint_url="https://ssm"), ParametersUnavailable),
        (says("ParameterVersionNotFound"), InvalidConfiguration),
        (says("ValidationException"), InvalidConfiguration),
    ],
    ids=str,
)
def test_what_parameter_store_says_becomes_the_workflows_error(
    monkeypatch: pytest.MonkeyPatch, call: str, raised: Exception, told: type[SyncError]
) -> None:
    client = Mock(get_parameters=Mock(return_value={"Parameters": []}))
    getattr(client, call).side_effect = raised
    monkeypatch.setattr(parameters, "_ssm", Mock(return_value=client))
    with pytest.raises(told, match=r"^/sync/tables: Parameter Store ") as caught:
        CALLS[call]()
    assert str(raised) in str(caught.value)

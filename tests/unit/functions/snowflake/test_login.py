"""A login to Snowflake that fails: whose fault it was, and what to do."""

from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from snowflake.connector.errors import DatabaseError

from functions.shared.access import vault
from functions.shared.ground.errors import AccessDenied
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.session_parameters import SESSION_PARAMETERS
from tests.support.environment import ENVIRONMENT

DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: sts:AssumeRole"}}, "AssumeRole"
)


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What the next logins end with, in turn."""
    coming: list[Exception] = []

    def connect(**_: object) -> None:
        raise coming.pop(0)

    monkeypatch.setattr(warehouse, "_warm", [])
    monkeypatch.setattr(vault, "secret", lambda _table, _path: {"account": "a", "user": "u"})
    monkeypatch.setattr(warehouse.snowflake.connector, "connect", connect)
    return coming


@pytest.mark.parametrize("error", [DENIED, NoCredentialsError()])
def test_a_role_that_aws_refuses_is_the_deployments(logins: list[Exception], error: Exception) -> None:
    logins.append(error)
    with pytest.raises(AccessDenied, match=r"public.orders: AWS refused this function the role .* snowflake_login"):
        warehouse._connect("public.orders")


def test_a_refused_user_is_tried_once_more_with_a_fresh_secret(logins: list[Exception]) -> None:
    logins += [DatabaseError("JWT token is invalid.", errno=250001)] * 2
    with pytest.raises(AccessDenied, match="check the user and its key"):
        warehouse._connect("public.orders")
    assert logins == []


def test_a_session_does_not_depend_on_the_accounts_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another TIMESTAMP_INPUT_FORMAT changes values, QUOTED_IDENTIFIERS_IGNORE_CASE makes two tables one."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(warehouse, "_warm", [])
    monkeypatch.setattr(vault, "secret", lambda _table, _path: {"account": "a", "user": "u"})
    monkeypatch.setattr(warehouse.snowflake.connector, "connect", lambda **arguments: asked.update(arguments))
    warehouse._connect("public.orders")
    assert asked["autocommit"] is True
    assert asked["session_parameters"].items() >= {**SESSION_PARAMETERS, "ABORT_DETACHED_QUERY": False}.items()
    assert asked["session_parameters"].items() >= {"USE_CACHED_RESULT": True, "LOCK_TIMEOUT": 900}.items()


def test_nothing_that_a_function_waits_for_outlives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = Mock()
    monkeypatch.setattr(warehouse, "_warm", [])
    monkeypatch.setattr(vault, "secret", lambda _table, _path: {"account": "a", "user": "u"})
    monkeypatch.setattr(warehouse.snowflake.connector, "connect", connect)
    warehouse._connect("public.orders")
    with warehouse.own_session("public.orders"):
        connect.return_value.close.assert_not_called()
    connect.return_value.close.assert_called_once()
    warm, submitting = [call.kwargs for call in connect.call_args_list]
    longest = int(ENVIRONMENT["STATEMENT_SECONDS"])
    for one in (warm, submitting):
        assert one["network_timeout"] <= longest
        assert 2 * one["login_timeout"] < 120
    assert warm["session_parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] <= longest
    assert submitting["session_parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] == 14400


def test_a_warm_session_follows_vaults_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"account": "a", "user": "u"}
    monkeypatch.setattr(warehouse, "_warm", [])
    monkeypatch.setattr(vault, "secret", lambda _table, _path: dict(secret))
    monkeypatch.setattr(warehouse.snowflake.connector, "connect", lambda **_: Mock())
    first = warehouse._connect("public.orders")
    assert warehouse._connect("public.orders") is first
    secret["account"] = "b"
    assert warehouse._connect("public.orders") is not first

"""The signed request by which a function logs in to Vault."""

import base64
import json
from typing import Any
from unittest.mock import Mock

import hvac
import pytest

from functions.shared.access import vault_login
from functions.shared.ground.settings import settings


def signed_for(monkeypatch: pytest.MonkeyPatch) -> str:
    """The region of the signature that Vault is given."""
    sent: dict[str, Any] = {}
    client = hvac.Client(url="http://127.0.0.1:1")

    def login(**told: Any) -> dict[str, Any]:
        sent.update(told["json"])
        return {"auth": {"lease_duration": 900, "token_type": "batch"}}

    monkeypatch.setattr(client.auth.aws._adapter, "login", login)
    monkeypatch.setattr(vault_login.hvac, "Client", lambda **_: client)
    settings.cache_clear()
    token = vault_login.log_in_to_vault("public.orders")
    assert (token.lives, token.revocable) == (900, False)
    headers = json.loads(base64.b64decode(sent["iam_request_headers"]))
    return str(headers["Authorization"][0].split("/")[2])


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = Mock(access_key="AKIA", secret_key="secret", token="token")
    session = Mock(get_credentials=Mock(return_value=Mock(get_frozen_credentials=Mock(return_value=frozen))))
    monkeypatch.setattr(vault_login.boto3, "Session", Mock(return_value=session))


@pytest.mark.parametrize(("region", "signed"), [("eu-central-1", "eu-central-1"), ("", "us-east-1")])
def test_a_login_is_signed_for_the_region_that_vault_asks(
    monkeypatch: pytest.MonkeyPatch, region: str, signed: str
) -> None:
    monkeypatch.setenv("VAULT_STS_REGION", region)
    assert signed_for(monkeypatch) == signed

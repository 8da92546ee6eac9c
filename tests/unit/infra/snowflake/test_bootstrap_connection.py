"""The operator's connection names the account as the functions must."""

from types import SimpleNamespace

import pytest
import snowflake.connector
from snowflake.connector.util_text import construct_hostname, parse_account

from infra.snowflake.bootstrap import connection as module
from infra.snowflake.bootstrap.connection import connected


class Connection(SimpleNamespace):
    """What the connector keeps of an account, without a server."""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def identifier(monkeypatch: pytest.MonkeyPatch, account: str, host: str) -> str:
    made = Connection(account=parse_account(account), host=host, user="ADMIN")
    monkeypatch.setattr(snowflake.connector, "connect", lambda **_: made)
    monkeypatch.setattr(module, "Account", lambda *_: SimpleNamespace(rows=lambda _: []))
    with connected("admin") as (_, name):
        return name


@pytest.mark.parametrize(
    ("account", "region"),
    [
        ("myorg-myaccount", None),
        ("xy12345", None),
        ("xy12345.eu-central-1", None),
        ("xy12345.eu-central-1.privatelink", None),
        ("myorg-myaccount.privatelink", None),
        ("xy12345.cn-northwest-1.aws", None),
        ("xy12345", "eu-central-1"),
    ],
)
def test_the_account_for_vault_leads_to_the_operators_own_host(
    monkeypatch: pytest.MonkeyPatch, account: str, region: str | None
) -> None:
    host = construct_hostname(region, account)
    assert construct_hostname(None, identifier(monkeypatch, account, host)) == host


def test_a_host_of_another_name_leaves_the_account_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identifier(monkeypatch, "laptop", "127.0.0.1") == "laptop"

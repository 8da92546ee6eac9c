"""Tokens of Vault: how many are left behind by functions, and what ends with one."""

import time
from collections.abc import Iterator

import psycopg2
import pytest
import requests

from functions.shared.access import vault, vault_login
from functions.shared.ground.settings import FunctionSettings
from local import processes
from local.aurora.server import DATABASE, OWNER, SYNC_ROLE, Aurora
from local.aws.server import Aws
from local.vault.bao import DatabaseUsers
from local.vault.server import AwsRole, start_vault
from tests.standin.vault.test_vault import credentials
from tests.support.environment import ENVIRONMENT

LOGIN = "database/creds/short"
TOKEN_SECONDS = 4


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, aws: Aws, aurora: Aurora) -> Iterator[str]:
    """A Vault whose tokens live for seconds, and whose database users would live for an hour."""
    home = tmp_path_factory.mktemp("vault")
    at = f"127.0.0.1:{aurora.port}/{DATABASE}?sslmode=disable"
    users = DatabaseUsers(
        f"postgresql://{{{{username}}}}:{{{{password}}}}@{at}", OWNER, aurora.owner_password, "short", SYNC_ROLE
    )
    secrets = {"aurora": {"host": "a"}, "snowflake": {"account": "s"}}
    yield start_vault(home, aws, secrets, AwsRole("sync", "bound-*", token_ttl=f"{TOKEN_SECONDS}s"), users=users)
    processes.stop(home)


@pytest.fixture(autouse=True)
def function(url: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as a function with a role of its own."""
    keys = credentials(aws, "bound-export")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["secret_key"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["session_token"])
    usual = {name.lower(): value for name, value in ENVIRONMENT.items()}
    given = FunctionSettings.model_validate({**usual, "aws_region": "eu-central-1", "vault_url": url})
    for module in (vault, vault_login):
        monkeypatch.setattr(module, "settings", lambda: given)
    monkeypatch.setattr(vault, "_cache", {})


def live(url: str) -> int:
    return int(requests.get(f"{url}/laptop/tokens", timeout=10).json()["live"])


def test_reading_secrets_leaves_no_token_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = live(url)
    for _ in range(5):
        monkeypatch.setattr(vault, "_cache", {})
        assert vault.secret("public.t", "aurora") == {"host": "a"}
        assert vault.secret("public.t", "snowflake") == {"account": "s"}
    assert live(url) == before


def exists(aurora: Aurora, user: str) -> bool:
    connection = psycopg2.connect(aurora.dsn())
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", (user,))
            return bool(cursor.fetchone() == (1,))
    finally:
        connection.close()


def test_a_database_user_ends_with_the_token_that_it_was_made_with(aurora: Aurora) -> None:
    made = vault.lease("public.t", LOGIN, 1)
    assert exists(aurora, made.data["user"])
    assert made.until <= time.time() + TOKEN_SECONDS - 1
    deadline = time.monotonic() + 20
    while exists(aurora, made.data["user"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)

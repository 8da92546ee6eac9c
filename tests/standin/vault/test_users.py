"""Short-lived users of Aurora, made by Vault's database engine for a function's own identity."""

import math
import time
from collections.abc import Iterator

import psycopg2
import pytest

from functions.shared.access import vault, vault_login
from functions.shared.aurora import login
from functions.shared.aurora import session as adapter
from functions.shared.aurora.fence import read_fence
from functions.shared.ground.errors import AccessDenied, FenceRefused, SourceUnavailable
from functions.shared.ground.settings import FunctionSettings, settings
from local import processes
from local.aurora.server import DATABASE, OWNER, SYNC_ROLE, Aurora
from local.aws.server import Aws
from local.vault.bao import DatabaseUsers
from local.vault.server import AwsRole, start_vault
from tests.standin.vault.test_vault import credentials
from tests.support.environment import ENVIRONMENT

LOGIN = "database/creds/sync"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, aws: Aws, aurora: Aurora) -> Iterator[str]:
    home = tmp_path_factory.mktemp("vault")
    where = {"host": "127.0.0.1", "port": aurora.port, "dbname": DATABASE, "sslmode": "disable"}
    users = DatabaseUsers(
        f"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{aurora.port}/{DATABASE}?sslmode=disable",
        OWNER,
        aurora.owner_password,
        "sync",
        SYNC_ROLE,
    )
    yield start_vault(home, aws, {"aurora": where}, AwsRole("sync", "bound-*", token_ttl="2h"), users=users)
    processes.stop(home)


@pytest.fixture(autouse=True)
def function(url: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as a function with a role of its own."""
    keys = credentials(aws, "bound-export")
    for name, value in {
        "AWS_ACCESS_KEY_ID": keys["access_key"],
        "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
        "AWS_SESSION_TOKEN": keys["session_token"],
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    usual = {name.lower(): value for name, value in ENVIRONMENT.items()}
    given = FunctionSettings.model_validate(
        {
            **usual,
            "vault_url": url,
            "vault_aurora_login_path": LOGIN,
            "vault_snowflake_path": "",
            "statement_seconds": 800,
        }
    )
    for module in (login, vault, vault_login, adapter):
        monkeypatch.setattr(module, "settings", lambda: given)
    monkeypatch.setattr(vault, "_cache", {})
    monkeypatch.setattr(adapter, "_warm", [])
    settings.cache_clear()
    yield
    for session, _ in adapter._warm:
        session.close()


def user(session: adapter.AuroraSession) -> str:
    return str(session.row("SELECT current_user::text AS name")["name"])


def test_a_session_is_a_user_that_vault_made_and_that_may_read_what_its_group_may() -> None:
    session = adapter._connect("public.t")
    assert user(session).startswith("v-")
    assert session.row("SELECT pg_has_role(current_user, %s, 'USAGE') AS member", (SYNC_ROLE,))["member"]
    assert adapter._connect("public.t") is session


def test_near_the_end_of_its_lease_a_session_is_opened_with_a_new_user(monkeypatch: pytest.MonkeyPatch) -> None:
    first = adapter._connect("public.t")
    name = user(first)
    over = time.time() + 3600 - 800 - 60
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    monkeypatch.setattr("time.time", lambda: over - 5)
    assert adapter._connect("public.t") is first
    monkeypatch.setattr("time.time", lambda: over + 1)
    second = adapter._connect("public.t")
    assert user(second) not in ("", name)
    assert first._connection.closed


def dropped(aurora: Aurora, name: str) -> None:
    """What Vault does at a lease's end: the user's sessions stay."""
    connection = psycopg2.connect(aurora.dsn())
    connection.autocommit = True
    connection.cursor().execute(f'DROP ROLE "{name}"')
    connection.close()


def test_a_warm_session_whose_user_was_dropped_is_opened_with_a_new_one(aurora: Aurora) -> None:
    first = adapter._connect("public.t")
    dropped(aurora, user(first))
    assert first.row("SELECT pg_is_in_recovery() AS replica") == {"replica": False}
    second = adapter._connect("public.t")
    assert second is not first
    assert user(second).startswith("v-")


@pytest.mark.parametrize("statement", ["SELECT current_user::text", "SELECT count(*) FROM pg_authid"])
def test_a_user_dropped_while_a_step_runs_makes_the_workflow_retry(aurora: Aurora, statement: str) -> None:
    def step() -> None:
        with adapter.aurora_session("public.t") as session:
            dropped(aurora, user(session))
            session.rows(statement)

    with pytest.raises(SourceUnavailable, match=r"^public.t: "):
        step()


def test_a_grant_that_is_missing_is_not_retried() -> None:
    with pytest.raises(AccessDenied, match="pg_authid"), adapter.aurora_session("public.t") as session:
        session.rows("SELECT count(*) FROM pg_authid")


def test_a_user_that_was_revoked_meanwhile_is_replaced_once() -> None:
    kept = vault.lease("public.t", LOGIN, 900)
    vault._cache[LOGIN] = vault.Credential({**kept.data, "password": "revoked"}, math.inf)
    assert user(adapter._connect("public.t")).startswith("v-")


def test_a_lease_shorter_than_a_statement_is_refused() -> None:
    with pytest.raises(AccessDenied, match=r"^public.t: .* live for 3600 s, .* may take 7200 s; raise default_ttl"):
        vault.lease("public.t", LOGIN, 7200)


def test_a_path_without_a_role_is_refused_by_name() -> None:
    with pytest.raises(AccessDenied, match=r"^public.t: .*database/creds/nobody"):
        vault.lease("public.t", "database/creds/nobody", 1)


def test_a_remedy_names_the_group_role_which_outlives_the_user(aurora: Aurora) -> None:
    owner = psycopg2.connect(aurora.dsn())
    owner.autocommit = True
    owner.cursor().execute(f"REVOKE pg_monitor FROM {SYNC_ROLE}")
    try:
        with pytest.raises(FenceRefused, match=rf"^t: role v-.* run GRANT pg_monitor TO {SYNC_ROLE}$"):
            read_fence(adapter._connect("public.t"), "t", 0, watermark=True)
    finally:
        owner.cursor().execute(f"GRANT pg_monitor TO {SYNC_ROLE}")
        owner.close()


def test_the_fence_leaves_out_the_syncs_other_users(aurora: Aurora) -> None:
    reading = adapter._connect("public.t")
    other = vault._leased("public.t", LOGIN, 900).data
    held = psycopg2.connect(
        host="127.0.0.1", port=aurora.port, dbname=DATABASE, sslmode="disable",
        application_name=login.APPLICATION, **other,
    )  # fmt: skip
    stranger = psycopg2.connect(aurora.dsn(), application_name=login.APPLICATION)
    try:
        held.cursor().execute("SELECT now()")
        free = read_fence(reading, "t", 0, watermark=True)
        assert (free.clock - free.moment).total_seconds() < 0.5
        stranger.cursor().execute("SELECT now()")
        reading.rows("SELECT 1 AS n FROM pg_sleep(0.6)")
        blocked = read_fence(reading, "t", 0, watermark=True)
        assert (blocked.clock - blocked.moment).total_seconds() >= 0.6
    finally:
        held.close()
        stranger.close()

"""Credentials that Vault gives: kept for every table, and read anew where their service rejects them."""

from collections.abc import Callable
from unittest.mock import Mock

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath

from functions.shared.access import vault
from functions.shared.access.vault_login import Token, revoke
from functions.shared.ground.errors import AccessDenied, SyncError, VaultUnavailable
from functions.shared.ground.settings import settings


class Rejected(Exception):
    """What a service says to an old password."""


@pytest.fixture(autouse=True)
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_cache", {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The time of day; the container is frozen, so that its monotonic clock stands still."""
    day = Mock(return_value=1_800_000_000.0)
    monkeypatch.setattr("time.time", day)
    monkeypatch.setattr("time.monotonic", Mock(return_value=7.0))
    return day


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """How the function logs in; its tokens live for 1000 s."""
    made = Mock(side_effect=lambda *_: Token(Mock(), lives=1000, revocable=True))
    monkeypatch.setattr(vault, "log_in_to_vault", made)
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, logins: Mock) -> Mock:
    """How a secret is read once Vault let the function in."""
    asked: Mock = Mock(side_effect=lambda *_: {"password": logins.call_count})
    monkeypatch.setattr(vault, "_read_kv", asked)
    return asked


def test_a_secret_is_read_once_for_all_tables(read: Mock) -> None:
    assert vault.secret("public.a", "aurora") == vault.secret("public.b", "aurora") == {"password": 1}
    assert [asked.args[1] for asked in read.call_args_list] == ["aurora", "snowflake"]


def test_one_loginsreads_every_secret_of_the_function_and_its_token_is_revoked(logins: Mock, read: Mock) -> None:
    vault.secret("public.a", "snowflake")
    vault.secret("public.a", "aurora")
    [(client, first), (other, second)] = [asked.args for asked in read.call_args_list]
    assert (logins.call_count, {first, second}) == (1, {"aurora", "snowflake"})
    assert client is other
    client.auth.token.revoke_self.assert_called_once_with()


def test_a_token_is_revoked_when_a_secret_cannot_be_read(read: Mock) -> None:
    read.side_effect = InvalidPath()
    with pytest.raises(AccessDenied):
        vault.secret("public.a", "aurora")
    read.call_args.args[0].auth.token.revoke_self.assert_called_once_with()


def test_a_function_without_snowflake_does_not_read_its_secret(monkeypatch: pytest.MonkeyPatch, read: Mock) -> None:
    monkeypatch.setenv("VAULT_SNOWFLAKE_PATH", "")
    settings.cache_clear()
    vault.secret("public.a", "aurora")
    settings.cache_clear()
    assert [asked.args[1] for asked in read.call_args_list] == ["aurora"]


def test_a_secret_is_read_again_after_five_minutes_that_the_container_was_frozen(clock: Mock, read: Mock) -> None:
    vault.secret("public.a", "aurora")
    clock.return_value += 299
    assert vault.secret("public.a", "aurora") == {"password": 1}
    clock.return_value += 2
    assert vault.secret("public.a", "aurora") == {"password": 2}


@pytest.mark.parametrize(("user_lives", "kept"), [(5000, 1000), (600, 600)])
def test_a_user_lives_no_longer_than_the_token_that_it_was_made_with(
    clock: Mock, logins: Mock, user_lives: int, kept: int
) -> None:
    answer = {"lease_duration": user_lives, "data": {"username": "v-1", "password": "p"}}
    client = Mock(read=Mock(return_value=answer))
    logins.side_effect = lambda *_: Token(client, lives=1000, revocable=True)
    made = vault.lease("public.a", "database/creds/sync", 100)
    assert made.until == clock.return_value + kept - 100
    clock.return_value += kept - 101
    assert vault.lease("public.a", "database/creds/sync", 100) is made
    clock.return_value += 2
    assert vault.lease("public.a", "database/creds/sync", 100) is not made
    client.auth.token.revoke_self.assert_not_called()


def test_a_token_shorter_than_a_statement_is_refused(logins: Mock) -> None:
    answer = {"lease_duration": 5000, "data": {"username": "v-1", "password": "p"}}
    logins.side_effect = lambda *_: Token(Mock(read=Mock(return_value=answer)), lives=900, revocable=True)
    with pytest.raises(AccessDenied, match=r"live for 900 s, and one statement may take 930 s; .*token_ttl"):
        vault.lease("public.a", "database/creds/sync", 930)


@pytest.mark.parametrize(("revocable", "asked"), [(True, 1), (False, 0)])
def test_a_token_that_cannot_be_revoked_is_left_to_its_time(revocable: bool, asked: int) -> None:
    client = Mock()
    client.auth.token.revoke_self.side_effect = Forbidden(errors=["permission denied"])
    revoke(Token(client, lives=900, revocable=revocable))
    assert client.auth.token.revoke_self.call_count == asked


@pytest.mark.parametrize(
    ("said", "told", "remedy"),
    [
        (Forbidden(errors=["permission denied"]), AccessDenied, "check that the role exists"),
        (InvalidPath(), AccessDenied, "write it, or correct the path"),
        (hvac.exceptions.VaultDown(), VaultUnavailable, "check that it runs, is unsealed"),
    ],
)
def test_what_vault_says_names_the_table_that_asked(
    read: Mock, said: Exception, told: type[SyncError], remedy: str
) -> None:
    read.side_effect = said
    for table in ("public.a", "public.b"):
        with pytest.raises(told, match=rf"^{table}: Vault at .*{remedy}"):
            vault.secret(table, "aurora")


def test_a_function_without_an_identity_is_told_with_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.shared.access.vault_login.boto3.Session", lambda: Mock(get_credentials=lambda: None))
    with pytest.raises(AccessDenied, match=r"^public.a: there are no AWS credentials"):
        vault.secret("public.a", "aurora")


def login(accepted: int) -> Callable[[], int]:
    """A service that knows one password; what it opens is that password."""

    def attempt() -> int:
        password: int = vault.secret("public.a", "aurora")["password"]
        if password != accepted:
            raise Rejected(f"no {password}")
        return password

    return attempt


def is_rejected(error: Exception) -> bool:
    return isinstance(error, Rejected)


def test_a_rotated_credential_is_read_anew_once(read: Mock) -> None:
    assert vault.secret("public.a", "aurora") == {"password": 1}
    assert vault.log_in("aurora", login(accepted=2), is_rejected) == 2
    assert [asked.args[1] for asked in read.call_args_list] == ["aurora", "snowflake", "aurora"]


def test_a_credential_that_stays_rejected_is_tried_no_third_time(logins: Mock, read: Mock) -> None:
    with pytest.raises(Rejected, match="no 2"):
        vault.log_in("aurora", login(accepted=3), is_rejected)
    assert (logins.call_count, read.call_args.args[1]) == (2, "aurora")


def test_another_error_costs_no_credential(read: Mock) -> None:
    with pytest.raises(Rejected, match="no 1"):
        vault.log_in("aurora", login(accepted=2), lambda _error: False)
    assert vault.secret("public.a", "aurora") == {"password": 1}

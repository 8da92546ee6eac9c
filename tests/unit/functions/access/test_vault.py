"""Credentials that Vault gives: kept for every table, and read anew where their service rejects them."""

import time
from collections.abc import Callable
from unittest.mock import Mock

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath

from functions.shared.access import vault
from functions.shared.ground.errors import AccessDenied, SyncError, VaultUnavailable


class Rejected(Exception):
    """What a service says to an old password."""


@pytest.fixture(autouse=True)
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_cache", {})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """How the secret is read once Vault let the function in."""
    asked: Mock = Mock(side_effect=lambda *_: vault.Credential({"password": asked.call_count}, time.monotonic() + 300))
    monkeypatch.setattr(vault, "_login", lambda *_: None)
    monkeypatch.setattr(vault, "_read_kv", asked)
    return asked


def test_a_secret_is_read_once_for_all_tables(read: Mock) -> None:
    assert vault.secret("public.a", "aurora") == vault.secret("public.b", "aurora") == {"password": 1}
    assert read.call_count == 1


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
    monkeypatch.setattr("functions.shared.access.vault.boto3.Session", lambda: Mock(get_credentials=lambda: None))
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
    assert read.call_count == 2


def test_a_credential_that_stays_rejected_is_tried_no_third_time(read: Mock) -> None:
    with pytest.raises(Rejected, match="no 2"):
        vault.log_in("aurora", login(accepted=3), is_rejected)
    assert read.call_count == 2


def test_another_error_costs_no_credential(read: Mock) -> None:
    with pytest.raises(Rejected, match="no 1"):
        vault.log_in("aurora", login(accepted=2), lambda _error: False)
    assert vault.secret("public.a", "aurora") == {"password": 1}

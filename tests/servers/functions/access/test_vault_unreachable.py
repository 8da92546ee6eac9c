"""A Vault that does not answer: port 9 has no listener."""

import pytest

from functions.shared.access import vault
from functions.shared.ground.errors import VaultUnavailable


@pytest.fixture(autouse=True)
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_cache", {})


def test_a_vault_that_cannot_be_reached_is_told_with_the_table() -> None:
    with pytest.raises(VaultUnavailable, match=r"^public.a: Vault at http://127.0.0.1:9 did not answer"):
        vault.secret("public.a", "aurora")

"""A table that is loaded."""

import pytest

from functions.shared.snowflake import session as warehouse
from tests.support.batches import KEYED, Target


@pytest.fixture(params=["", " 100%s"], ids=["plain", "percent"])
def made(target: Target, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Target:
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    odd = Target(target.warehouse, target.name + request.param)
    odd.make(KEYED)
    return odd

"""A new account of the stand-in for the command that bootstraps one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.infra.snowflake.bootstrapping import Bench, benches


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The command that bootstraps a Snowflake account, and a new account."""
    with benches(tmp_path, monkeypatch) as bench:
        yield bench

"""Templates that many tests only read, each synthesized once."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import infra  # noqa: F401 -- before aws_cdk: it chooses the Node.js that aws_cdk starts
from tests.infra.synthesis import MODES, Checked, Synthesized, synthesize_checked, synthesize_stack

if TYPE_CHECKING:
    from tests.infra.bootstrapping import Bench


@pytest.fixture(scope="session")
def stack() -> Synthesized:
    """Of cdk.json's own context."""
    return synthesize_stack()


@pytest.fixture(scope="session", params=MODES)
def checked_mode(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Of each kind of network in turn."""
    return synthesize_checked(tmp_path_factory.mktemp(request.param), **MODES[request.param])


@pytest.fixture(scope="session")
def existing() -> Synthesized:
    return synthesize_stack(**MODES["existing"])


@pytest.fixture(scope="session")
def new() -> Synthesized:
    return synthesize_stack(**MODES["new"])


@pytest.fixture(scope="session")
def none() -> Synthesized:
    return synthesize_stack(**MODES["none"])


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Bench"]:
    """The command that bootstraps a Snowflake account, and a new account."""
    from tests.infra.bootstrapping import benches

    with benches(tmp_path, monkeypatch) as bench:
        yield bench

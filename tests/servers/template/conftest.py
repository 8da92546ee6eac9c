"""Templates that many tests only read, each synthesized once."""

import pytest

import infra  # noqa: F401 -- before aws_cdk: it chooses the Node.js that aws_cdk starts
from tests.support.contexts import MODES
from tests.support.synthesis import Checked, Synthesized, synthesize_checked, synthesize_stack


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

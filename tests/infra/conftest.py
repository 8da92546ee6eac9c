"""One template of the default context for all tests that only read it."""

import pytest

import infra  # noqa: F401 -- before aws_cdk: it chooses the Node.js that aws_cdk starts
from tests.infra.synthesis import Synthesized, synthesize_stack


@pytest.fixture(scope="session")
def stack() -> Synthesized:
    return synthesize_stack()

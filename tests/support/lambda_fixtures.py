"""What Lambda gives every function: its environment, and what it passes to a handler beside the event."""

from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from functions.shared.ground.settings import settings
from tests.support.environment import ENVIRONMENT

_LAMBDA = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {**_LAMBDA, **ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def context() -> Mock:
    """What Lambda passes to a handler beside the event."""
    return Mock(
        function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn", aws_request_id="r", function_version="1"
    )

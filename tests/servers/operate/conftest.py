"""The laptop's AWS, one for the whole session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import processes
from local.aws.server import Aws, start_aws


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("operate")
    yield folder
    processes.stop(folder)


@pytest.fixture(scope="session")
def aws(home: Path) -> Aws:
    return start_aws(home, wait_scale=0.2)

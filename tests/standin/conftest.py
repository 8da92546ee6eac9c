"""Real servers of the laptop cloud, one of each for the whole session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import processes
from local.aurora.server import Aurora, remove_aurora, start_aurora
from local.aws.server import Aws, start_aws
from tests.support.workflows import MAX_FILE_BYTES


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("laptop")
    yield folder
    processes.stop(folder)


@pytest.fixture(scope="session")
def aws(home: Path) -> Aws:
    return start_aws(home, wait_scale=0.2)


@pytest.fixture(scope="session")
def aurora(home: Path, aws: Aws) -> Iterator[Aurora]:
    yield start_aurora(home, aws, max_file_bytes=MAX_FILE_BYTES)
    processes.stop(home)
    remove_aurora(home)

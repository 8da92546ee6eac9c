"""The catalogue, run once on the cloud as it was deployed."""

import pytest

from tests.support.laptop import Laptop
from tests.support.shared_cloud import SharedCloud
from tests.system.types.study import Study, play


@pytest.fixture(scope="module")
def laptop(cloud: SharedCloud) -> Laptop:
    return cloud.as_deployed()


@pytest.fixture(scope="module")
def study(laptop: Laptop) -> Study:
    return play(laptop)

"""One laptop cloud for all end-to-end tests, and a deployed stack for those that are marked for it."""

import os
from collections.abc import Iterator

import pytest

from local.cloud import lifecycle as cloud
from tests.support.laptop import Laptop
from tests.system.e2e import live

_LIVE_SECONDS = 3600


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `contract` runs once more in an account, as `live`, where variables say which."""
    if "deployed" not in metafunc.fixturenames:
        return
    places: list[object] = ["laptop"]
    if metafunc.definition.get_closest_marker("contract"):
        reason = live.unset(os.environ)
        marks = [pytest.mark.live, pytest.mark.timeout(_LIVE_SECONDS), pytest.mark.skipif(bool(reason), reason=reason)]
        places.append(pytest.param("live", marks=marks))
    metafunc.parametrize("deployed", places, indirect=True, scope="session")


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    if request.param == "live":
        with live.deployed(os.environ) as account:
            yield account
        return
    home = tmp_path_factory.mktemp("laptop") / "cloud"
    try:
        yield Laptop(cloud.up(home, print))
    finally:
        cloud.down(home)


@pytest.fixture
def laptop(deployed: Laptop) -> Laptop:
    deployed.letters()
    deployed.configure([])
    return deployed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)

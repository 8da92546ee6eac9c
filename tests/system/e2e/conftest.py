"""The laptop cloud as it was deployed, and a deployed stack for the tests that are marked for it."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.support.laptop import Laptop
from tests.support.shared_cloud import SharedCloud
from tests.system.e2e import live

_LIVE_SECONDS = 3600


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `contract` runs once more in an account, as `live`, where variables say which; one that is marked
    `live` itself runs only there."""
    if "deployed" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker
    places: list[object] = [] if marked("live") else ["laptop"]
    if marked("contract") or marked("live"):
        reason = live.unset(os.environ)
        marks = [pytest.mark.live, pytest.mark.timeout(_LIVE_SECONDS), pytest.mark.skipif(bool(reason), reason=reason)]
        places.append(pytest.param("live", marks=marks))
    metafunc.parametrize("deployed", places, indirect=True, scope="session")


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest) -> Iterator[Callable[[], Laptop]]:
    """Gives the deployed stack, which no other kind of test has changed."""
    if request.param == "live":
        with live.deployed(os.environ) as account:
            yield lambda: account
        return
    cloud: SharedCloud = request.getfixturevalue("cloud")
    yield cloud.as_deployed


@pytest.fixture
def laptop(deployed: Callable[[], Laptop]) -> Laptop:
    laptop = deployed()
    laptop.letters()
    laptop.configure([])
    return laptop

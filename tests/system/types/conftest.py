"""The catalogue played once on a laptop cloud of its own."""

from collections.abc import Iterator

import pytest

from local.cloud import lifecycle as cloud
from tests.support.laptop import Laptop
from tests.system.types.study import Study, play


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    home = tmp_path_factory.mktemp("types") / "cloud"
    try:
        yield Laptop(cloud.up(home, print))
    finally:
        cloud.down(home)


@pytest.fixture(scope="session")
def study(laptop: Laptop) -> Study:
    return play(laptop)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/types" in str(item.path) and {"laptop", "study"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)

"""One laptop cloud for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from local import cloud
from tests.e2e.laptop import Laptop


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
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
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)

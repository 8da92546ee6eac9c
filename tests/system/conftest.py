"""One laptop cloud for all system tests of a process."""

from collections.abc import Iterator

import pytest

from tests.support.shared_cloud import SharedCloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedCloud]:
    shared = SharedCloud(tmp_path_factory.mktemp("laptop") / "cloud")
    yield shared
    shared.down()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"cloud", "deployed"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)

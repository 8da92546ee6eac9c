"""One laptop cloud for all drift tests, and what was seen while all cases were played on it at once."""

from collections.abc import Iterator

import pytest

from tests.system.drift.evolving import evolving_cases
from tests.system.drift.people import people_cases
from tests.system.drift.refused import refused_cases
from tests.system.drift.stage import Stage
from tests.system.drift.story import Record, Story


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("drift") / "cloud")
    try:
        yield stage
    finally:
        stage.down()


@pytest.fixture(scope="session")
def records(stage: Stage) -> dict[str, Record]:
    story = Story(stage, [*evolving_cases(), *refused_cases(), *people_cases()])
    story.play()
    return story.records


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/drift" in str(item.path):
            item.add_marker(pytest.mark.e2e)

"""The cloud with what drift tests change about it, and what was seen while all cases were played on it at once."""

import pytest

from tests.support.shared_cloud import SharedCloud
from tests.system.drift.evolving import evolving_cases
from tests.system.drift.people import people_cases
from tests.system.drift.refused import refused_cases
from tests.system.drift.stage import Stage, ordered
from tests.system.drift.story import Record, Story


@pytest.fixture(scope="module")
def stage(cloud: SharedCloud) -> Stage:
    return cloud.changed(ordered)


@pytest.fixture(scope="module")
def records(stage: Stage) -> dict[str, Record]:
    story = Story(stage, [*evolving_cases(), *refused_cases(), *people_cases()])
    story.play()
    return story.records

"""The cloud with what drift tests change about it, and what was seen while all cases were run on it at once."""

import pytest

from tests.support.shared_cloud import SharedCloud
from tests.system.drift.cloud import DriftCloud, ordered
from tests.system.drift.evolving import evolving_cases
from tests.system.drift.manual_changes import manual_cases
from tests.system.drift.refused import refused_cases
from tests.system.drift.timeline import Record, Timeline


@pytest.fixture(scope="module")
def drift_cloud(cloud: SharedCloud) -> DriftCloud:
    return cloud.changed(ordered)


@pytest.fixture(scope="module")
def records(drift_cloud: DriftCloud) -> dict[str, Record]:
    timeline = Timeline(drift_cloud, [*evolving_cases(), *refused_cases(), *manual_cases()])
    timeline.run()
    return timeline.records

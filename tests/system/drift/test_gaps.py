"""A table that changes between the steps before the export is exported as decided, or not at all."""

import pytest

from tests.system.drift.cloud import DriftCloud
from tests.system.drift.gaps import Seen, gaps, play_gaps

_GAPS = {gap.name: gap for gap in gaps()}


@pytest.fixture(scope="module")
def seen(drift_cloud: DriftCloud) -> dict[str, Seen]:
    return play_gaps(drift_cloud)


@pytest.mark.parametrize("name", _GAPS)
def test_a_change_before_the_export_is_refused_or_makes_no_difference_to_it(seen: dict[str, Seen], name: str) -> None:
    one, gap = seen[name], _GAPS[name]
    assert one.met["status"] == ("FAILED" if gap.refused else "LOADED"), one.met
    assert gap.refused in one.message
    assert one.met.get("note", "") == ""
    if not gap.refused:
        assert one.exported == ""


@pytest.mark.parametrize("name", _GAPS)
def test_the_run_after_it_follows_the_change_and_says_so(seen: dict[str, Seen], name: str) -> None:
    one, gap = seen[name], _GAPS[name]
    assert one.following["status"] == "LOADED", one.following
    assert gap.said in one.following["note"]
    assert one.promised == ""
    assert one.last["status"] == "IDLE", one.last

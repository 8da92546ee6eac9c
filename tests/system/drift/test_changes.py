"""FINAL follows what it can follow and says so; what it cannot follow stops the table with what to do.

Each table is held between export and merge while it changes and another run goes by: nothing is lost, whoever is first.
"""

import pytest

from tests.system.drift.cases import Case
from tests.system.drift.evolving import evolving_cases
from tests.system.drift.manual_changes import manual_cases
from tests.system.drift.refused import refused_cases
from tests.system.drift.timeline import Record

# The first test has the whole timeline as its set-up: hundreds of merges.
pytestmark = pytest.mark.timeout(1800)

_FOLLOWED = [*evolving_cases(), *manual_cases()]
_REFUSED = list(refused_cases())
_ALL = [*_FOLLOWED, *_REFUSED]

Records = dict[str, Record]


def _titles(cases: list[Case]) -> list[str]:
    return [f"{case.name}-{strategy}" for case in cases for strategy in case.strategies]


@pytest.mark.parametrize("title", _titles(_FOLLOWED))
def test_the_run_after_the_change_says_it_and_final_holds_what_it_promises(records: Records, title: str) -> None:
    record = records[title]
    assert record.overtaking["status"] == "LOADED", record.overtaking
    for phrase in record.role.case.said:
        assert phrase in record.overtaking["note"]
    assert record.promised_early == ""


@pytest.mark.parametrize("title", _titles(_REFUSED))
def test_the_message_of_a_refusal_says_what_to_do_and_doing_so_mends_it(records: Records, title: str) -> None:
    record = records[title]
    assert (record.letter.get("error"), record.overtaking["status"]) == (record.role.case.refused, "FAILED")
    for phrase in record.role.case.said:
        assert phrase in record.letter["message"]
    assert record.mended["status"] in ("LOADED", "IDLE"), record.mended
    assert record.promised == ""


@pytest.mark.parametrize("title", _titles([case for case in _ALL if case.moves]))
def test_a_run_held_before_its_merge_while_the_table_changed_overwrites_nothing(records: Records, title: str) -> None:
    record = records[title]
    fails = record.role.case.held_fails
    assert record.held["status"] == ("FAILED" if fails else "LOADED"), record.held.get("error")
    assert str(record.held.get("error", "")).startswith(fails)
    # Of half of the tables the file was not even loaded when the pipe changed.
    assert (record.staged > 0) == (record.role.strategy != "xmin")
    assert record.promised == ""
    assert record.left_in_staging == 0 or fails


@pytest.mark.parametrize("title", _titles(_ALL))
def test_after_a_reload_both_sides_are_equal_and_the_next_run_is_idle(records: Records, title: str) -> None:
    record = records[title]
    if record.role.reloads:
        assert record.reloaded["status"] == "LOADED", record.reloaded
        assert record.shown == ""
    assert record.last["status"] == "IDLE", record.last
    assert len(record.ledger) >= 2
    for exported, loaded, applied in record.ledger:
        assert exported == loaded == applied

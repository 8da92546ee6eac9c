"""What executions carry that began before the state had models is read as what it meant."""

import json
from typing import Any

import pytest

from functions.shared.aurora.catalog import Relation
from functions.shared.contract.bounds import Bounds, ColumnWindow, Everything, Quarantined, TransactionWindow
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.state import State
from functions.shared.contract.traits import TRAITS
from tests.support.recorded import RECORDED, event_of

RUNS = sorted(RECORDED)
PARTS = ("bounds", "schema", "batch", "load", "merge", "result")


@pytest.mark.parametrize("run", RUNS)
def test_a_recorded_state_is_read_and_travels_on_in_its_present_form(run: str) -> None:
    former = event_of(run, "public.t", *PARTS)
    state = State.model_validate(former)
    again = State.model_validate(json.loads(state.model_dump_json(by_alias=True)))
    assert again == state
    present = state.model_dump(mode="json", by_alias=True)
    for part in ("batch", "merge", "result"):
        assert present[part] == former[part], "these have kept their form"


@pytest.mark.parametrize("run", RUNS)
def test_a_recorded_window_is_the_one_that_it_was(run: str) -> None:
    flat = RECORDED[run]["bounds"]
    bounds = Bounds.model_validate(flat)
    traits, refresh = TRAITS[bounds.strategy], run.endswith("refresh")
    kind = ColumnWindow if traits.leads else TransactionWindow
    assert isinstance(bounds.window, Everything if refresh or traits.form == "whole" else kind)
    assert bounds.high == flat["high"]
    if not bounds.complete:
        assert bounds.low == flat["low"]
    if isinstance(bounds.window, TransactionWindow):
        assert (bounds.window.low, bounds.window.high) == (flat["low_horizon"], flat["horizon"])
    assert bounds.complete == flat["complete"]
    assert bounds.measure == (f"column {flat['column']}" if flat["column"] else flat["strategy"])
    facts = ("status", "held", "late", "oid", "shape", "note", "more", "slice_column", "fenced_at", "started_at")
    assert {name: getattr(bounds, name) for name in facts} == {name: flat[name] for name in facts}
    assert [(one.low, one.high) for one in bounds.slices] == [(one["low"], one["high"]) for one in flat["slices"]]


def test_a_recorded_reading_outlives_its_wait() -> None:
    settled = [run["settled"] for run in RECORDED.values() if "settled" in run]
    assert settled
    for flat in settled:
        bounds = Bounds.model_validate(flat)
        assert bounds.reading
        assert (str(bounds.reading.ceiling), bounds.reading.read_at) == tuple(flat["reading"].values())


def test_a_replay_was_a_flag_beside_the_window() -> None:
    flat = {**RECORDED["xmin-first"]["bounds"], "replay": True}
    assert Bounds.model_validate(flat).window == Quarantined()


@pytest.mark.parametrize("run", RUNS)
def test_recorded_columns_are_lists_of_their_fields(run: str) -> None:
    former = RECORDED[run]["schema"]
    rules = MergeRules.from_json(former)
    assert [column.shape for column in rules.columns] == former["columns"]
    assert MergeRules.from_json(json.loads(json.dumps(rules.to_json()))) == rules


def test_a_column_travels_by_names_and_without_what_is_usual() -> None:
    [first, *_] = RECORDED["timestamp-first"]["schema"]["columns"]
    named: dict[str, Any] = Column.from_json(first).to_json()
    assert named == {"name": "id", "type": {"name": "int4", "label": "integer"}, "not_null": True, "number": 1}


@pytest.mark.parametrize("run", RUNS)
def test_a_tables_shape_is_the_one_in_the_ledger(run: str) -> None:
    """Another digest of the same columns would send every idle table through a whole run."""
    rules = MergeRules.from_json(RECORDED[run]["schema"])
    relation = Relation(SourceTable("public", "t"), 1, rules.columns, [column.name for column in rules.key])
    assert relation.shape == RECORDED[run]["bounds"]["shape"]

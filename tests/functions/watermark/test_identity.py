"""Another table of the same name, and other columns: what a run makes of them before it reads a row."""

from typing import Any

import pytest

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.session import Aurora
from functions.shared.contract.spec import parse_spec
from functions.shared.snowflake.state import TableState
from tests.functions.watermark.sources import Source
from tests.functions.watermark.test_resolve import window_of

STRATEGIES: dict[str, dict[str, Any]] = {
    "timestamp": {"watermark_col": "at"},
    "composite": {"watermark_type": "composite", "watermark_cols": ["at", "id"]},
    "integer": {"watermark_type": "integer", "watermark_col": "id"},
    "xmin": {"watermark_type": "xmin"},
    "full_snapshot": {"watermark_type": "full_snapshot"},
}
each = pytest.mark.parametrize("strategy", STRATEGIES)
READS = {"timestamp": "column at", "composite": "column at", "integer": "column id"}


@pytest.fixture
def made(source: Aurora, owner: Any, schema: str) -> Any:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, '2026-01-01 00:00+00')")

    def of(strategy: str) -> Source:
        return Source(source, {"table_name": f"{schema}.t", **STRATEGIES[strategy]})

    return of


def state_of(table: Source, strategy: str, **last: Any) -> TableState:
    """Everything that Aurora has is in FINAL."""
    relation = read_relation(table.aurora, parse_spec(table.raw, "test"))
    low = {"integer": "1", "xmin": None, "full_snapshot": None}.get(strategy, "2026-01-01T00:00:00.000000+00:00")
    source = {"reads": READS.get(strategy, strategy), "oid": relation.oid, "shape": relation.shape, "rows": 1}
    return TableState(True, low, 1, {**source, "horizon": table.fence().horizon, **last})


@each
def test_the_same_table_with_nothing_new_is_idle(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, state_of(table, strategy))
    assert (bounds.status, bounds.complete, bounds.recreated) == ("IDLE", False, False) or (
        strategy == "full_snapshot" and bounds.status == "IDLE"
    )
    assert bounds.oid > 0
    assert bounds.shape


@each
def test_another_table_of_the_same_name_is_reloaded(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, state_of(table, strategy, oid=1))
    assert (bounds.status, bounds.complete, bounds.recreated) == ("NEW", True, True)
    assert "dropped and created anew: reloaded" in bounds.note


@each
def test_other_columns_are_followed_although_there_is_nothing_to_read(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, state_of(table, strategy, shape="another"))
    assert (bounds.status, bounds.recreated, bounds.note) == ("NEW", False, "")
    assert bounds.complete == (strategy == "full_snapshot")


@each
def test_a_ledger_that_does_not_know_them_yet_changes_nothing(made: Any, strategy: str) -> None:
    table = made(strategy)
    assert window_of(table, state_of(table, strategy, oid=None, shape=None)).status == "IDLE"


def test_without_the_watermark_in_final_everything_is_read_again(made: Any) -> None:
    table = made("timestamp")
    state = TableState(True, None, 1, {"reads": "column at"}, lacks="at")
    bounds = window_of(table, state)
    assert (bounds.status, bounds.complete, bounds.note) == ("NEW", True, "FINAL has no column 'at': reloaded")

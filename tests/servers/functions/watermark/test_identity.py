"""Another table of the same name, and other columns: what a run makes of them before it reads a row."""

from typing import Any

import pytest

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.spec import parse_spec
from functions.shared.contract.traits import TRAITS
from functions.shared.contract.watermark import Progress, Watermark
from tests.servers.functions.watermark.test_resolve import window_of
from tests.support.guards import module_without
from tests.support.sources import Source
from tests.support.strategies import SPECS, WHOLE

LOWS = {"moment": "2026-01-01T00:00:00.000000+00:00", "integer": "1"}
each = pytest.mark.parametrize("strategy", SPECS)


@pytest.fixture
def made(source: AuroraSession, owner: Any, schema: str) -> Any:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, '2026-01-01 00:00+00')")

    def of(strategy: str) -> Source:
        return Source(source, {"table_name": f"{schema}.t", **SPECS[strategy]})

    return of


def progress_of(table: Source, **last: Any) -> Progress:
    """Everything that Aurora has is in FINAL."""
    spec = parse_spec(table.raw, "test")
    relation = read_relation(table.aurora, spec)
    low = LOWS.get(TRAITS[spec.watermark_type].leads or "")
    source = {"reads": spec.measure, "oid": relation.oid, "shape": relation.shape, "rows": 1}
    return Progress(low=low, version=1, last=Watermark(**{**source, "horizon": table.fence().horizon, **last}))


@each
def test_the_same_table_with_nothing_new_is_idle(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, progress_of(table))
    assert (bounds.status, bounds.complete, bounds.recreated) == ("IDLE", False, False) or (
        strategy in WHOLE and bounds.status == "IDLE"
    )
    assert bounds.oid > 0
    assert bounds.shape


@each
def test_another_table_of_the_same_name_is_reloaded(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, progress_of(table, oid=1))
    assert (bounds.status, bounds.complete, bounds.recreated) == ("NEW", True, True)
    assert "dropped and created again: reloaded" in bounds.note


@each
def test_another_cluster_of_the_same_name_is_reloaded(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, progress_of(table, cluster="blue"), cluster="green")
    assert (bounds.status, bounds.complete, bounds.reset, bounds.cluster) == ("NEW", True, True, "green")
    assert "blue/green switchover, restore or clone): reloaded" in bounds.note


@each
@pytest.mark.parametrize(("before", "now"), [("green", "green"), (None, "green"), ("green", None)])
def test_the_same_cluster_or_one_that_is_not_known_changes_nothing(
    made: Any, strategy: str, before: str | None, now: str | None
) -> None:
    table = made(strategy)
    bounds = window_of(table, progress_of(table, cluster=before), cluster=now)
    assert (bounds.status, bounds.reset) == ("IDLE", False)


@pytest.mark.parametrize("strategy", ["xmin"])
def test_without_the_guard_rows_of_another_clusters_lower_transactions_are_missed(
    made: Any, owner: Any, schema: str, strategy: str
) -> None:
    """Green replicated a row of blue's last minutes under an id that blue had passed, and has more ids by now."""
    table = made(strategy)
    owner.execute(f"INSERT INTO {schema}.t VALUES (2, '2026-01-02 00:00+00')")
    progress = progress_of(table, cluster="blue", horizon=table.fence().horizon)
    unguarded = module_without("other-cluster-not-noticed").resolve
    assert window_of(table, progress, cluster="green", decide=unguarded).status == "IDLE"
    assert window_of(table, progress, cluster="green").complete


@each
def test_other_columns_are_followed_although_there_is_nothing_to_read(made: Any, strategy: str) -> None:
    table = made(strategy)
    bounds = window_of(table, progress_of(table, shape="another"))
    assert (bounds.status, bounds.recreated, bounds.note) == ("NEW", False, "")
    assert bounds.complete == (strategy in WHOLE)


@each
def test_a_ledger_that_does_not_know_them_yet_changes_nothing(made: Any, strategy: str) -> None:
    table = made(strategy)
    assert window_of(table, progress_of(table, oid=None, shape=None)).status == "IDLE"


def test_without_the_watermark_in_final_everything_is_read_again(made: Any) -> None:
    table = made("timestamp")
    progress = Progress(version=1, last=Watermark(reads="column at"), lacks="at")
    bounds = window_of(table, progress)
    assert (bounds.status, bounds.complete, bounds.note) == ("NEW", True, "FINAL has no column 'at': reloaded")

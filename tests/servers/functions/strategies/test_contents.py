"""Rows that change although no statement writes any: attached partitions, truncated tables, renamed labels."""

from typing import Any

import pytest

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import rows_in
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import parse_spec
from functions.shared.contract.watermark import Progress, Watermark
from functions.shared.ground.errors import RowsBehindWatermark
from functions.shared.strategies.contents import read_contents
from functions.watermark import resolve
from tests.servers.functions.watermark.test_resolve import window_of
from tests.support.sources import Source
from tests.support.strategies import INCREMENTAL, SPECS

incremental = pytest.mark.parametrize("strategy", INCREMENTAL)


class Table:
    """A table of two rows that FINAL has, and what the ledger knows of it."""

    def __init__(self, source: AuroraSession, owner: Any, name: str, strategy: str) -> None:
        self.owner, self.name, self.strategy = owner, name, strategy
        self.source = Source(source, {"table_name": name, **SPECS[strategy]})
        self.synced()

    def synced(self) -> None:
        """FINAL has all that Aurora has now."""
        aurora = self.source.aurora
        found = aurora.row(f"SELECT max(id)::text AS id, max(at) AS at, count(*) AS rows FROM {self.name}")
        spec = parse_spec(self.source.raw, "test")
        low = {"integer": found["id"], "moment": found["at"].isoformat()}.get(spec.traits.leads or "")
        relation = read_relation(aurora, spec)
        last = {
            "reads": spec.measure,
            "oid": relation.oid,
            "shape": relation.shape,
            "rows": found["rows"],
            "horizon": self.source.fence().horizon,
            "contents": read_contents(aurora, relation.oid).model_dump(),
        }
        self.progress = Progress(low=low, version=1, last=Watermark.model_validate(last))

    def run(self, **spec: Any) -> Bounds:
        return window_of(self.source, self.progress, **spec)


@pytest.fixture
def partitioned(source: AuroraSession, owner: Any, schema: str) -> Any:
    columns = "(id int NOT NULL, at timestamptz NOT NULL)"
    owner.execute(f"CREATE TABLE {schema}.t {columns} PARTITION BY RANGE (id)")
    owner.execute(f"CREATE TABLE {schema}.high PARTITION OF {schema}.t FOR VALUES FROM (100) TO (200)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (100, '2026-01-02'), (101, '2026-01-03')")
    owner.execute(f"CREATE TABLE {schema}.low {columns}")
    owner.execute(f"INSERT INTO {schema}.low VALUES (1, '2026-01-01'), (2, '2026-01-01')")
    owner.execute(f"ALTER TABLE {schema}.t ADD PRIMARY KEY (id)")

    def of(strategy: str) -> Table:
        return Table(source, owner, f"{schema}.t", strategy)

    return of


@incremental
def test_rows_that_come_with_a_partition_are_refused_until_they_are_read(partitioned: Any, strategy: str) -> None:
    table = partitioned(strategy)
    schema = table.name.partition(".")[0]
    table.owner.execute(f"ALTER TABLE {table.name} ATTACH PARTITION {schema}.low FOR VALUES FROM (0) TO (100)")
    with pytest.raises(RowsBehindWatermark, match=rf"^{table.name}: its new partition {schema}.low .*full_refresh"):
        table.run()
    bounds = table.run(full_refresh=True)
    assert (bounds.status, bounds.complete) == ("NEW", True)
    table.synced()
    assert table.run().status == "IDLE"


@incremental
def test_without_the_refusal_no_run_reads_them(
    partitioned: Any, strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The damage: the window of the run is empty, and so is every later one."""
    monkeypatch.setattr(resolve, "refuse_unread", lambda *_: None)
    table = partitioned(strategy)
    schema = table.name.partition(".")[0]
    table.owner.execute(f"ALTER TABLE {table.name} ATTACH PARTITION {schema}.low FOR VALUES FROM (0) TO (100)")
    bounds = table.run()
    assert (bounds.status, bounds.complete) == ("NEW", False)
    query = rows_in(bounds.window)
    assert table.source.aurora.rows(f"SELECT id FROM {table.name} WHERE {table.source.aurora.text(query)}") == []


@incremental
def test_a_partition_for_rows_to_come_is_no_reason_to_stop(partitioned: Any, strategy: str) -> None:
    table = partitioned(strategy)
    table.owner.execute(f"CREATE TABLE {table.name}_next PARTITION OF {table.name} FOR VALUES FROM (200) TO (300)")
    bounds = table.run()
    assert (bounds.status, bounds.complete, bounds.note) == ("NEW", False, ""), "the ledger is told of it"
    table.owner.execute(f"INSERT INTO {table.name} VALUES (200, '2026-01-04')")
    assert (table.run().status, table.run().complete) == ("NEW", False)


def test_a_snapshot_follows_partitions_though_the_count_stays(partitioned: Any) -> None:
    table = partitioned("full_snapshot")
    schema = table.name.partition(".")[0]
    assert table.run().status == "IDLE"
    table.owner.execute(f"ALTER TABLE {table.name} ATTACH PARTITION {schema}.low FOR VALUES FROM (0) TO (100)")
    table.owner.execute(f"ALTER TABLE {table.name} DETACH PARTITION {schema}.high")
    assert (table.run().status, table.run().complete) == ("NEW", True)


@pytest.fixture
def events(source: AuroraSession, owner: Any, schema: str) -> Any:
    owner.execute(f"CREATE TYPE {schema}.mood AS ENUM ('good', 'bad'); CREATE DOMAIN {schema}.moods AS {schema}.mood[]")
    at = "at timestamptz NOT NULL DEFAULT '2026-01-01'"
    owner.execute(f"CREATE TABLE {schema}.t (id serial PRIMARY KEY, {at}, m {schema}.moods)")
    owner.execute(f"INSERT INTO {schema}.t (m) SELECT '{{bad}}' FROM generate_series(1, 10)")

    def of(strategy: str) -> Table:
        return Table(source, owner, f"{schema}.t", strategy)

    return of


@pytest.mark.parametrize("rows", [5, 15])
def test_ids_that_a_truncate_began_anew_are_refused(events: Any, rows: int) -> None:
    table = events("integer")
    table.owner.execute(f"TRUNCATE {table.name} RESTART IDENTITY")
    table.owner.execute(f"INSERT INTO {table.name} (m) SELECT '{{good}}' FROM generate_series(1, {rows})")
    with pytest.raises(
        RowsBehindWatermark, match=rf"^{table.name}: it was truncated .* behind the watermark .*full_refresh"
    ):
        table.run()
    assert table.run(full_refresh=True).complete


@pytest.mark.parametrize("statement", ["VACUUM FULL {}", "TRUNCATE {}", "DELETE FROM {}"])
def test_an_archive_keeps_what_its_source_gives_up(events: Any, statement: str) -> None:
    table = events("integer")
    table.owner.execute(statement.format(table.name))
    assert not table.run().complete
    table.owner.execute(f"INSERT INTO {table.name} (m) VALUES ('{{good}}')")
    bounds = table.run()
    assert (bounds.status, bounds.complete, bounds.low, bounds.high) == ("NEW", False, "10", "12")


@incremental
def test_a_renamed_label_is_said(events: Any, strategy: str) -> None:
    table = events(strategy)
    kind = f"{table.name.partition('.')[0]}.mood"
    table.owner.execute(f"ALTER TYPE {kind} ADD VALUE 'fair'")
    assert (table.run().status, table.run().note) == ("NEW", "")
    table.owner.execute(f"ALTER TYPE {kind} RENAME VALUE 'bad' TO 'worse'")
    bounds = table.run()
    assert (bounds.status, bounds.complete) == ("NEW", False)
    assert bounds.note == "enum label 'bad' is now 'worse': rows merged before keep the old one until a full_refresh"
    table.synced()
    assert table.run().status == "IDLE"


def test_a_snapshot_is_read_again_for_a_renamed_label(events: Any) -> None:
    table = events("full_snapshot")
    assert table.run().status == "IDLE"
    table.owner.execute(f"ALTER TYPE {table.name.partition('.')[0]}.mood RENAME VALUE 'bad' TO 'worse'")
    assert (table.run().status, table.run().complete) == ("NEW", True)

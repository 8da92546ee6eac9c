"""A table that changes while a backfill goes through in waves, or while only some files of a batch are loaded."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.functions import settings
from tests.system.drift.cloud import DriftCloud, Table, statements_in
from tests.system.faults.cloud import until

_ROWS = 900
_PRICE = "ALTER TABLE {} ALTER price TYPE numeric(10,4) USING price / 7"


@pytest.fixture(scope="module")
def small_slices(drift_cloud: DriftCloud) -> Iterator[None]:
    """Slices of 20 kB, one in a wave."""
    with settings(drift_cloud.laptop, "watermark", {"SLICE_MEGABYTES": "0.02", "WAVE_SLICES": "1"}):
        yield


def _make(drift_cloud: DriftCloud, *names: str) -> dict[str, Table]:
    schema = drift_cloud.laptop.new_schema()
    for name in names:
        drift_cloud.laptop.sql(
            f"CREATE TABLE {schema}.{name} (id bigint PRIMARY KEY, pad text, gone text, price numeric(10,2), "
            f"updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO {schema}.{name} "
            "SELECT n, repeat('x', 40), 'gone ' || n, n + 0.25, now() - interval '1 day' + make_interval(secs => n) "
            f"FROM generate_series(1, {_ROWS}) AS n"
        )
    return {name: Table(schema, name) for name in names}


def _first_wave(drift_cloud: DriftCloud, table: Table) -> int:
    (batch,) = drift_cloud.laptop.warehouse(
        f"SELECT MERGED FROM AURORA.CONTROL.LEDGER WHERE TABLE_NAME = '{table}' ORDER BY MERGED_AT LIMIT 1"
    )
    return int(batch[0])


@pytest.mark.usefixtures("small_slices")
def test_a_change_between_two_waves_is_followed_or_refused_and_what_was_merged_stays(drift_cloud: DriftCloud) -> None:
    tables = _make(drift_cloud, "grown", "shrunk", "changed")
    by_time: dict[str, dict[str, Any]] = {
        "grown": {"watermark_col": "updated_at"},
        "shrunk": {"watermark_type": "composite", "watermark_cols": ["updated_at", "id"]},
        "changed": {"watermark_col": "updated_at"},
    }
    specs = {name: {"table_name": str(tables[name]), **spec} for name, spec in by_time.items()}
    drift_cloud.laptop.configure(list(specs.values()))
    drift_cloud.order(tables["grown"], "reconcile.after", f"ALTER TABLE {tables['grown']} ADD plain integer DEFAULT 5")
    drift_cloud.order(tables["shrunk"], "reconcile.after", f"ALTER TABLE {tables['shrunk']} DROP gone")
    drift_cloud.order(tables["changed"], "reconcile.after", _PRICE.format(tables["changed"]))
    outcome = drift_cloud.laptop.run()
    results = {one["table_name"]: one for one in outcome.tables}
    seams = {name: _first_wave(drift_cloud, table) for name, table in tables.items()}
    assert all(0 < rows < _ROWS for rows in seams.values()), seams

    grown, shrunk, changed = (results[str(table)] for table in tables.values())
    assert (grown["status"], grown["merged"], shrunk["merged"]) == ("LOADED", _ROWS, _ROWS)
    assert min(grown["waves"], shrunk["waves"]) > 2
    assert "column 'plain' is new" in grown["note"]
    assert "column 'gone' is gone" in shrunk["note"]
    columns = f"id, pad, gone, price, updated_at, CASE WHEN id > {seams['grown']} THEN plain END AS plain"
    assert drift_cloud.difference(tables["grown"], columns) == ""
    kept = f"*, CASE WHEN id <= {seams['shrunk']} THEN 'gone ' || id END AS gone"
    assert drift_cloud.difference(tables["shrunk"], kept) == ""

    assert changed["status"] == "FAILED"
    letter = drift_cloud.letters()[str(tables["changed"])]
    assert (letter["error"], letter["state"]) == ("SchemaMismatch", "Schema")
    held = drift_cloud.laptop.warehouse(f"SELECT COUNT(*), SUM(PRICE) FROM {tables['changed'].final}")[0]
    n = seams["changed"]
    assert (held[0], float(held[1])) == (n, n * (n + 1) / 2 + n * 0.25)
    for statement in statements_in(letter["message"]):
        drift_cloud.laptop.warehouse(statement)
    specs["changed"]["full_refresh"] = True
    drift_cloud.laptop.configure(list(specs.values()))
    drift_cloud.laptop.workflow.redrive(outcome.execution_arn)
    assert drift_cloud.laptop.workflow.follow(outcome.execution_arn).succeeded
    former = f"*, CASE WHEN id <= {n} THEN (id + 0.25)::numeric(10,2) END AS price__v1"
    assert drift_cloud.difference(tables["changed"], former) == ""
    assert {one["status"] for one in drift_cloud.laptop.run().tables} == {"IDLE"}


@pytest.mark.usefixtures("small_slices")
def test_a_pipe_made_anew_between_a_batchs_files_loads_only_those_that_were_missing(drift_cloud: DriftCloud) -> None:
    table = _make(drift_cloud, "parted")["parted"]
    drift_cloud.laptop.configure([{"table_name": str(table), "watermark_type": "xmin"}])
    assert drift_cloud.laptop.run().succeeded
    drift_cloud.laptop.sql(f"UPDATE {table} SET price = price + 1, updated_at = now()")
    before = drift_cloud.laptop.files()
    with drift_cloud.laptop.events_lost():
        waiting = drift_cloud.hold([table])
    files = sorted(drift_cloud.laptop.files() - before)
    assert len(files) > 2
    drift_cloud.laptop.send_events(files[:1])
    loaded = until(lambda: drift_cloud.staged(table), "the first file")
    assert loaded < _ROWS

    drift_cloud.laptop.sql(f"ALTER TABLE {table} ADD plain integer DEFAULT 5")
    drift_cloud.laptop.sql(f"UPDATE {table} SET pad = 'newer' WHERE id <= 10")
    (overtaking,) = drift_cloud.laptop.run().tables
    assert (overtaking["status"], overtaking["exported"]) == ("LOADED", _ROWS)
    drift_cloud.release([table])
    (held,) = drift_cloud.laptop.workflow.follow(waiting).tables
    assert (held["status"], held["loaded"], held["merged"], held["duplicates"]) == ("LOADED", _ROWS, 0, _ROWS), held
    drift_cloud.laptop.send_events(files)
    assert drift_cloud.difference(table) == ""
    # The watermark is that of the batch merged last, the older one: what it had not read is read once more.
    assert [drift_cloud.laptop.run().tables[0]["status"] for _ in range(2)] == ["LOADED", "IDLE"]
    assert drift_cloud.difference(table) == ""


def test_a_file_that_a_pipe_made_again_loads_again_is_never_merged(drift_cloud: DriftCloud) -> None:
    schema = drift_cloud.laptop.new_schema()
    table = Table(schema, "twice")
    drift_cloud.laptop.sql(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now())"
    )
    drift_cloud.laptop.sql(f"INSERT INTO {table} SELECT generate_series(1, 20)")
    drift_cloud.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    before = drift_cloud.laptop.files()
    waiting = drift_cloud.hold([table])
    until(lambda: drift_cloud.staged(table) == 20, "the file")
    files = drift_cloud.laptop.files() - before
    drift_cloud.laptop.warehouse(f"DROP PIPE {drift_cloud.laptop.pipe(table.object_name)}")
    drift_cloud.laptop.sql(f"ALTER TABLE {table} ADD plain integer DEFAULT 5")
    assert drift_cloud.laptop.run().succeeded
    drift_cloud.laptop.send_events(files)
    until(lambda: drift_cloud.staged(table) == 40, "the file's second load")
    drift_cloud.release([table])
    held = drift_cloud.laptop.workflow.follow(waiting)
    assert "was loaded twice" in held.tables[0]["error"]
    drift_cloud.laptop.workflow.redrive(held.execution_arn)
    assert drift_cloud.laptop.workflow.follow(held.execution_arn).succeeded
    assert drift_cloud.difference(table) == ""

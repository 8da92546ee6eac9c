"""A table that changes while a backfill goes through in waves, or while only some files of a batch are loaded."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.functions import settings
from tests.system.drift.stage import Stage, Table, statements_in
from tests.system.faults.bench import until

_ROWS = 900
_PRICE = "ALTER TABLE {} ALTER price TYPE numeric(10,4) USING price / 7"


@pytest.fixture(scope="module")
def small_slices(stage: Stage) -> Iterator[None]:
    """Slices of 20 kB, one in a wave."""
    with settings(stage.laptop, "watermark", {"SLICE_MEGABYTES": "0.02", "WAVE_SLICES": "1"}):
        yield


def _make(stage: Stage, *names: str) -> dict[str, Table]:
    schema = stage.laptop.new_schema()
    for name in names:
        stage.laptop.sql(
            f"CREATE TABLE {schema}.{name} (id bigint PRIMARY KEY, pad text, gone text, price numeric(10,2), "
            f"updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO {schema}.{name} "
            "SELECT n, repeat('x', 40), 'gone ' || n, n + 0.25, now() - interval '1 day' + make_interval(secs => n) "
            f"FROM generate_series(1, {_ROWS}) AS n"
        )
    return {name: Table(schema, name) for name in names}


def _first_wave(stage: Stage, table: Table) -> int:
    (batch,) = stage.laptop.warehouse(
        f"SELECT MERGED FROM AURORA.CONTROL.LEDGER WHERE TABLE_NAME = '{table}' ORDER BY MERGED_AT LIMIT 1"
    )
    return int(batch[0])


@pytest.mark.usefixtures("small_slices")
def test_a_change_between_two_waves_is_followed_or_refused_and_what_was_merged_stays(stage: Stage) -> None:
    tables = _make(stage, "grown", "shrunk", "changed")
    by_time: dict[str, dict[str, Any]] = {
        "grown": {"watermark_col": "updated_at"},
        "shrunk": {"watermark_type": "composite", "watermark_cols": ["updated_at", "id"]},
        "changed": {"watermark_col": "updated_at"},
    }
    specs = {name: {"table_name": str(tables[name]), **spec} for name, spec in by_time.items()}
    stage.laptop.configure(list(specs.values()))
    stage.order(tables["grown"], "reconcile.after", f"ALTER TABLE {tables['grown']} ADD plain integer DEFAULT 5")
    stage.order(tables["shrunk"], "reconcile.after", f"ALTER TABLE {tables['shrunk']} DROP gone")
    stage.order(tables["changed"], "reconcile.after", _PRICE.format(tables["changed"]))
    outcome = stage.laptop.run()
    results = {one["table_name"]: one for one in outcome.tables}
    seams = {name: _first_wave(stage, table) for name, table in tables.items()}
    assert all(0 < rows < _ROWS for rows in seams.values()), seams

    grown, shrunk, changed = (results[str(table)] for table in tables.values())
    assert (grown["status"], grown["merged"], shrunk["merged"]) == ("LOADED", _ROWS, _ROWS)
    assert min(grown["waves"], shrunk["waves"]) > 2
    assert "column 'plain' is new" in grown["note"]
    assert "column 'gone' is gone" in shrunk["note"]
    columns = f"id, pad, gone, price, updated_at, CASE WHEN id > {seams['grown']} THEN plain END AS plain"
    assert stage.difference(tables["grown"], columns) == ""
    kept = f"*, CASE WHEN id <= {seams['shrunk']} THEN 'gone ' || id END AS gone"
    assert stage.difference(tables["shrunk"], kept) == ""

    assert changed["status"] == "FAILED"
    letter = stage.letters()[str(tables["changed"])]
    assert (letter["error"], letter["state"]) == ("SchemaMismatch", "Schema")
    held = stage.laptop.warehouse(f"SELECT COUNT(*), SUM(PRICE) FROM {tables['changed'].final}")[0]
    n = seams["changed"]
    assert (held[0], float(held[1])) == (n, n * (n + 1) / 2 + n * 0.25)
    for statement in statements_in(letter["message"]):
        stage.laptop.warehouse(statement)
    specs["changed"]["full_refresh"] = True
    stage.laptop.configure(list(specs.values()))
    stage.laptop.workflow.redrive(outcome.execution_arn)
    assert stage.laptop.workflow.follow(outcome.execution_arn).succeeded
    former = f"*, CASE WHEN id <= {n} THEN (id + 0.25)::numeric(10,2) END AS price__v1"
    assert stage.difference(tables["changed"], former) == ""
    assert {one["status"] for one in stage.laptop.run().tables} == {"IDLE"}


@pytest.mark.usefixtures("small_slices")
def test_a_pipe_made_anew_between_a_batchs_files_loads_only_those_that_were_missing(stage: Stage) -> None:
    table = _make(stage, "parted")["parted"]
    stage.laptop.configure([{"table_name": str(table), "watermark_type": "xmin"}])
    assert stage.laptop.run().succeeded
    stage.laptop.sql(f"UPDATE {table} SET price = price + 1, updated_at = now()")
    before = stage.laptop.files()
    with stage.laptop.events_lost():
        waiting = stage.hold([table])
    files = sorted(stage.laptop.files() - before)
    assert len(files) > 2
    stage.laptop.send_events(files[:1])
    loaded = until(lambda: stage.staged(table), "the first file")
    assert loaded < _ROWS

    stage.laptop.sql(f"ALTER TABLE {table} ADD plain integer DEFAULT 5")
    stage.laptop.sql(f"UPDATE {table} SET pad = 'newer' WHERE id <= 10")
    (overtaking,) = stage.laptop.run().tables
    assert (overtaking["status"], overtaking["exported"]) == ("LOADED", _ROWS)
    stage.release([table])
    (held,) = stage.laptop.workflow.follow(waiting).tables
    assert (held["status"], held["loaded"], held["merged"], held["duplicates"]) == ("LOADED", _ROWS, 0, _ROWS), held
    stage.laptop.send_events(files)
    assert stage.difference(table) == ""
    # The watermark is that of the batch merged last, the older one: what it had not read is read once more.
    assert [stage.laptop.run().tables[0]["status"] for _ in range(2)] == ["LOADED", "IDLE"]
    assert stage.difference(table) == ""


def test_a_file_that_the_new_pipe_loads_again_is_never_merged(stage: Stage) -> None:
    schema = stage.laptop.new_schema()
    table = Table(schema, "twice")
    stage.laptop.sql(f"CREATE TABLE {table} (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now())")
    stage.laptop.sql(f"INSERT INTO {table} SELECT generate_series(1, 20)")
    stage.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    before = stage.laptop.files()
    waiting = stage.hold([table])
    until(lambda: stage.staged(table) == 20, "the file")
    files = stage.laptop.files() - before
    stage.laptop.sql(f"ALTER TABLE {table} ADD plain integer DEFAULT 5")
    assert stage.laptop.run().succeeded
    stage.laptop.send_events(files)
    until(lambda: stage.staged(table) == 40, "the file's second load")
    stage.release([table])
    held = stage.laptop.workflow.follow(waiting)
    assert "was loaded twice" in held.tables[0]["error"]
    stage.laptop.workflow.redrive(held.execution_arn)
    assert stage.laptop.workflow.follow(held.execution_arn).succeeded
    assert stage.difference(table) == ""

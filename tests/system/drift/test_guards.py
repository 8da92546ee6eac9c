"""Without its guard, each damage shows: rows lost, values changed without a word, columns that never fill."""

from pathlib import Path

import pytest

from tests.support.edits import appended, together
from tests.support.guards import without
from tests.support.packages import edited
from tests.system.drift.cloud import DriftCloud, Table
from tests.system.drift.guards import Guard, guards, play_guards
from tests.system.faults.cloud import until

# Once the columns are read, the export has its snapshot.
_AT_SEAM = """
read = read_columns


def read_columns(aurora, spec, oid):
    from functions.at_seams import run_order

    columns = read(aurora, spec, oid)
    run_order(spec.table_name, "export.inside")
    return columns
"""
_REWRITE = """
DO $$ BEGIN
  SET LOCAL lock_timeout = '500ms';
  ALTER TABLE {} ADD volatile double precision DEFAULT random();
EXCEPTION WHEN lock_not_available THEN NULL;
END $$
"""


@pytest.fixture(scope="module")
def damages(drift_cloud: DriftCloud) -> dict[str, str]:
    return play_guards(drift_cloud)


@pytest.mark.parametrize("guard", list(guards()), ids=lambda guard: guard.name)
def test_every_guard_that_is_taken_out_is_there(guard: Guard) -> None:
    for file, edit in guard.edits.items():
        code = Path(file).read_text()
        assert edit(code) != code


@pytest.mark.parametrize("name", [guard.name for guard in guards()])
def test_without_the_guard_the_damage_shows(damages: dict[str, str], name: str) -> None:
    assert damages[name]


def test_without_the_lock_a_table_rewritten_under_the_exports_snapshot_looks_empty(drift_cloud: DriftCloud) -> None:
    table = Table(drift_cloud.laptop.new_schema(), "rewritten")
    drift_cloud.laptop.sql(
        f"CREATE TABLE {table} (id integer PRIMARY KEY); INSERT INTO {table} SELECT generate_series(1, 20)"
    )
    drift_cloud.laptop.configure([{"table_name": str(table), "watermark_type": "full_snapshot", "deletes": "hard"}])
    assert drift_cloud.laptop.run().succeeded
    results = []
    seam = appended("functions/export/handler.py", _AT_SEAM)
    for edits in (seam, together(seam, without("table-rewritten-under-the-snapshot"))):
        drift_cloud.laptop.sql(f"INSERT INTO {table} SELECT max(id) + 1 FROM {table}")
        drift_cloud.order(table, "export.inside", _REWRITE.format(table))
        with edited(drift_cloud.laptop, "export", edits):
            (result,) = drift_cloud.laptop.run().tables
        results.append((result["status"], result["exported"], result["deleted"]))
    assert results == [("LOADED", 21, 0), ("LOADED", 0, 21)]


def test_a_file_of_a_layout_that_is_no_more_is_read_by_its_own_pipe_even_if_it_is_not_void(
    drift_cloud: DriftCloud,
) -> None:
    table = Table(drift_cloud.laptop.new_schema(), "turned")
    one, other = "id bigint PRIMARY KEY, other bigint", "other bigint, id bigint PRIMARY KEY"
    drift_cloud.laptop.sql(f"CREATE TABLE {table} ({one}, updated_at timestamptz NOT NULL DEFAULT now())")
    drift_cloud.laptop.sql(f"INSERT INTO {table} (id, other) SELECT n, n + 1000 FROM generate_series(1, 20) AS n")
    drift_cloud.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert drift_cloud.laptop.run().succeeded
    drift_cloud.laptop.sql(f"UPDATE {table} SET other = other + 1, updated_at = now()")
    with drift_cloud.laptop.events_lost():
        waiting = drift_cloud.hold([table])
    drift_cloud.laptop.sql(
        f"ALTER TABLE {table} RENAME TO former; CREATE TABLE {table} ({other}, updated_at timestamptz NOT NULL "
        f"DEFAULT now()); INSERT INTO {table} (id, other) SELECT id, other FROM {table.schema}.former"
    )
    drift_cloud.laptop.warehouse(f"DROP TABLE {table.final}")
    with edited(drift_cloud.laptop, "schema", without("file-of-a-former-layout", instead="TRUE")):
        assert drift_cloud.laptop.run().succeeded
    assert drift_cloud.difference(table) == ""
    drift_cloud.release([table])
    (held,) = drift_cloud.laptop.workflow.follow(waiting).tables
    assert held["status"] == "LOADED", held.get("error")
    assert drift_cloud.difference(table) == ""


def test_a_file_of_a_column_that_was_made_anew_brings_back_its_former_values_unless_it_is_void(
    drift_cloud: DriftCloud,
) -> None:
    table = Table(drift_cloud.laptop.new_schema(), "converted")
    drift_cloud.laptop.sql(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, price numeric(10,2), updated_at timestamptz NOT NULL "
        f"DEFAULT now()); INSERT INTO {table} SELECT n, n FROM generate_series(1, 20) AS n"
    )
    drift_cloud.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert drift_cloud.laptop.run().succeeded
    drift_cloud.laptop.sql(f"UPDATE {table} SET price = 700, updated_at = now()")
    waiting = drift_cloud.hold([table])
    drift_cloud.laptop.sql(f"ALTER TABLE {table} ALTER price TYPE numeric(10,4) USING price / 7")
    drift_cloud.laptop.warehouse(f"ALTER TABLE {table.final} RENAME COLUMN PRICE TO PRICE__V1")
    # The run that makes the column anew goes no further than that.
    drift_cloud.order(table, "export.before", "SELECT 1 / 0")
    with edited(drift_cloud.laptop, "schema", without("file-of-before-a-column-was-made-anew")):
        assert not drift_cloud.laptop.run().succeeded
    drift_cloud.release([table])
    (held,) = drift_cloud.laptop.workflow.follow(waiting).tables
    assert held["status"] == "LOADED", held.get("error")
    assert drift_cloud.laptop.run().succeeded
    assert drift_cloud.laptop.warehouse(f"SELECT PRICE, COUNT(*) FROM {table.final} GROUP BY PRICE") == [(700, 20)]


def test_without_the_counts_a_file_that_a_pipe_made_again_loads_again_doubles_its_rows(drift_cloud: DriftCloud) -> None:
    laptop, table = drift_cloud.laptop, Table(drift_cloud.laptop.new_schema(), "doubled")
    laptop.sql(f"CREATE TABLE {table} (id bigint, updated_at timestamptz NOT NULL DEFAULT now())")
    laptop.sql(f"INSERT INTO {table} SELECT generate_series(1, 20)")
    laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    before = laptop.files()
    waiting = drift_cloud.hold([table])
    until(lambda: drift_cloud.staged(table) == 20, "the file")
    files = laptop.files() - before
    laptop.warehouse(f"DROP PIPE {laptop.pipe(table.object_name)}")
    laptop.sql(f"ALTER TABLE {table} ADD plain integer")
    drift_cloud.order(table, "export.before", "SELECT 1 / 0")
    assert not laptop.run().succeeded
    laptop.send_events(files)
    until(lambda: drift_cloud.staged(table) == 40, "the file's second load")
    whole = without("partial-load-taken-for-whole", instead="loaded >= batch.rows")
    uncounted = together(without("file-loaded-twice"), whole)
    with edited(laptop, "await_load", uncounted), edited(laptop, "merge", without("partial-load")):
        drift_cloud.release([table])
        (held,) = laptop.workflow.follow(waiting).tables
    assert laptop.warehouse(f"SELECT COUNT(*), COUNT(DISTINCT ID) FROM {table.final}") == [(40, 20)], held

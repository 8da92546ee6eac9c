"""Without its guard, each damage shows: rows lost, values changed without a word, columns that never fill."""

from pathlib import Path

import pytest

from tests.support.edits import appended, together
from tests.support.guards import without
from tests.support.sabotage import sabotaged
from tests.system.drift.guards import Guard, guards, play_guards
from tests.system.drift.stage import Stage, Table
from tests.system.faults.bench import until

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
def damages(stage: Stage) -> dict[str, str]:
    return play_guards(stage)


@pytest.mark.parametrize("guard", list(guards()), ids=lambda guard: guard.name)
def test_every_guard_that_is_taken_out_is_there(guard: Guard) -> None:
    for file, edit in guard.edits.items():
        code = Path(file).read_text()
        assert edit(code) != code


@pytest.mark.parametrize("name", [guard.name for guard in guards()])
def test_without_the_guard_the_damage_shows(damages: dict[str, str], name: str) -> None:
    assert damages[name]


def test_without_the_lock_a_table_rewritten_under_the_exports_snapshot_looks_empty(stage: Stage) -> None:
    table = Table(stage.laptop.new_schema(), "rewritten")
    stage.laptop.sql(
        f"CREATE TABLE {table} (id integer PRIMARY KEY); INSERT INTO {table} SELECT generate_series(1, 20)"
    )
    stage.laptop.configure([{"table_name": str(table), "watermark_type": "full_snapshot", "deletes": "hard"}])
    assert stage.laptop.run().succeeded
    results = []
    seam = appended("functions/export/handler.py", _AT_SEAM)
    for edits in (seam, together(seam, without("table-rewritten-under-the-snapshot"))):
        stage.laptop.sql(f"INSERT INTO {table} SELECT max(id) + 1 FROM {table}")
        stage.order(table, "export.inside", _REWRITE.format(table))
        with sabotaged(stage.laptop, "export", edits):
            (result,) = stage.laptop.run().tables
        results.append((result["status"], result["exported"], result["deleted"]))
    assert results == [("LOADED", 21, 0), ("LOADED", 0, 21)]


def test_a_file_of_a_layout_that_is_no_more_fills_the_wrong_columns_unless_it_is_void(stage: Stage) -> None:
    table = Table(stage.laptop.new_schema(), "turned")
    one, other = "id bigint PRIMARY KEY, other bigint", "other bigint, id bigint PRIMARY KEY"
    stage.laptop.sql(f"CREATE TABLE {table} ({one}, updated_at timestamptz NOT NULL DEFAULT now())")
    stage.laptop.sql(f"INSERT INTO {table} (id, other) SELECT n, n + 1000 FROM generate_series(1, 20) AS n")
    stage.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert stage.laptop.run().succeeded
    stage.laptop.sql(f"UPDATE {table} SET other = other + 1, updated_at = now()")
    with stage.laptop.events_lost():
        waiting = stage.hold([table])
    stage.laptop.sql(
        f"ALTER TABLE {table} RENAME TO former; CREATE TABLE {table} ({other}, updated_at timestamptz NOT NULL "
        f"DEFAULT now()); INSERT INTO {table} (id, other) SELECT id, other FROM {table.schema}.former"
    )
    stage.laptop.warehouse(f"DROP TABLE {table.final}")
    with sabotaged(stage.laptop, "schema", without("file-of-a-former-layout", instead="TRUE")):
        assert stage.laptop.run().succeeded
    assert stage.difference(table) == ""
    stage.release([table])
    (held,) = stage.laptop.workflow.follow(waiting).tables
    assert held["status"] == "LOADED", held.get("error")
    assert stage.difference(table)


def test_a_file_of_a_column_that_was_made_anew_brings_back_its_former_values_unless_it_is_void(stage: Stage) -> None:
    table = Table(stage.laptop.new_schema(), "converted")
    stage.laptop.sql(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, price numeric(10,2), updated_at timestamptz NOT NULL "
        f"DEFAULT now()); INSERT INTO {table} SELECT n, n FROM generate_series(1, 20) AS n"
    )
    stage.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert stage.laptop.run().succeeded
    stage.laptop.sql(f"UPDATE {table} SET price = 700, updated_at = now()")
    waiting = stage.hold([table])
    stage.laptop.sql(f"ALTER TABLE {table} ALTER price TYPE numeric(10,4) USING price / 7")
    stage.laptop.warehouse(f"ALTER TABLE {table.final} RENAME COLUMN PRICE TO PRICE__V1")
    # The run that makes the column anew goes no further than that.
    stage.order(table, "export.before", "SELECT 1 / 0")
    with sabotaged(stage.laptop, "schema", without("file-of-before-a-column-was-made-anew")):
        assert not stage.laptop.run().succeeded
    stage.release([table])
    (held,) = stage.laptop.workflow.follow(waiting).tables
    assert held["status"] == "LOADED", held.get("error")
    assert stage.laptop.run().succeeded
    assert stage.laptop.warehouse(f"SELECT PRICE, COUNT(*) FROM {table.final} GROUP BY PRICE") == [(700, 20)]


def test_without_the_counts_a_file_that_a_new_pipe_loads_again_doubles_its_rows(stage: Stage) -> None:
    laptop, table = stage.laptop, Table(stage.laptop.new_schema(), "doubled")
    laptop.sql(f"CREATE TABLE {table} (id bigint, updated_at timestamptz NOT NULL DEFAULT now())")
    laptop.sql(f"INSERT INTO {table} SELECT generate_series(1, 20)")
    laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    before = laptop.files()
    waiting = stage.hold([table])
    until(lambda: stage.staged(table) == 20, "the file")
    files = laptop.files() - before
    laptop.sql(f"ALTER TABLE {table} ADD plain integer")
    stage.order(table, "export.before", "SELECT 1 / 0")
    assert not laptop.run().succeeded
    laptop.send_events(files)
    until(lambda: stage.staged(table) == 40, "the file's second load")
    uncounted = together(without("file-loaded-twice"), without("load-taken-for-whole", instead="loaded >= batch.rows"))
    with sabotaged(laptop, "await_load", uncounted), sabotaged(laptop, "merge", without("partial-load")):
        stage.release([table])
        (held,) = laptop.workflow.follow(waiting).tables
    assert laptop.warehouse(f"SELECT COUNT(*), COUNT(DISTINCT ID) FROM {table.final}") == [(40, 20)], held

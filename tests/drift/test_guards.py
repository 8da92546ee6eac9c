"""Without its guard, each damage shows: rows lost, values changed without a word, columns that never fill."""

import pytest

from tests.drift.guards import guards, play_guards
from tests.drift.stage import Stage, Table
from tests.e2e.sabotage import replacing, sabotaged

_EXPORT, _OBJECTS = "functions/export/handler.py", "snowflake/table/objects.sql"
_LOCK = 'source.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE").format(relation(spec.source)))'
_SNAPSHOT_TAKEN = "        part = _export(source, "
_AT_SEAM = (
    '        from functions.at_seams import run_order\n\n        run_order(spec.table_name, "export.inside")\n'
    + _SNAPSHOT_TAKEN
)
_REWRITE = """
DO $$ BEGIN
  SET LOCAL lock_timeout = '500ms';
  ALTER TABLE {} ADD volatile double precision DEFAULT random();
EXCEPTION WHEN lock_not_available THEN NULL;
END $$
"""
_VOID = 'WHERE f."SCHEMA_VERSION" >= {{ since }}'


@pytest.fixture(scope="module")
def damages(stage: Stage) -> dict[str, str]:
    return play_guards(stage)


@pytest.mark.parametrize("name", [guard.name for guard in guards()])
def test_without_the_guard_the_damage_shows(damages: dict[str, str], name: str) -> None:
    assert damages[name]


@pytest.mark.parametrize("locked", [True, False])
def test_a_table_rewritten_under_the_exports_snapshot_looks_empty_unless_it_is_locked(
    stage: Stage, locked: bool
) -> None:
    table = Table(stage.laptop.new_schema(), "rewritten")
    stage.laptop.sql(
        f"CREATE TABLE {table} (id integer PRIMARY KEY); INSERT INTO {table} SELECT generate_series(1, 20)"
    )
    stage.laptop.configure([{"table_name": str(table), "watermark_type": "full_snapshot", "deletes": "hard"}])
    assert stage.laptop.run().succeeded
    stage.laptop.sql(f"INSERT INTO {table} VALUES (21)")
    stage.order(table, "export.inside", _REWRITE.format(table))

    def edit(source: str) -> str:
        source = replacing(_SNAPSHOT_TAKEN, _AT_SEAM)(source)
        return source if locked else replacing(_LOCK, "pass")(source)

    with sabotaged(stage.laptop, "export", {_EXPORT: edit}):
        (result,) = stage.laptop.run().tables
    assert (result["status"], result["exported"], result["deleted"]) == ("LOADED", *((21, 0) if locked else (0, 20)))
    assert (stage.difference(table, "id") == "") == locked


@pytest.mark.parametrize("guarded", [True, False])
def test_a_file_of_a_layout_that_is_no_more_fills_the_wrong_columns_unless_it_is_void(
    stage: Stage, guarded: bool
) -> None:
    table = Table(stage.laptop.new_schema(), "turned")
    one, other = "id bigint PRIMARY KEY, other bigint", "other bigint, id bigint PRIMARY KEY"
    stage.laptop.sql(f"CREATE TABLE {table} ({one}, updated_at timestamptz NOT NULL DEFAULT now())")
    stage.laptop.sql(f"INSERT INTO {table} (id, other) SELECT n, n + 1000 FROM generate_series(1, 20) AS n")
    stage.laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert stage.laptop.run().succeeded
    stage.laptop.sql(f"UPDATE {table} SET other = other + 1, updated_at = now()")
    with stage.events_lost():
        waiting = stage.hold([table])
    stage.laptop.sql(
        f"ALTER TABLE {table} RENAME TO former; CREATE TABLE {table} ({other}, updated_at timestamptz NOT NULL "
        f"DEFAULT now()); INSERT INTO {table} (id, other) SELECT id, other FROM {table.schema}.former"
    )
    stage.laptop.warehouse(f"DROP TABLE {table.final}")
    edit = replacing(_VOID, _VOID if guarded else "WHERE TRUE")
    with sabotaged(stage.laptop, "schema", {_OBJECTS: edit}):
        assert stage.laptop.run().succeeded
    stage.release([table])
    (held,) = stage.laptop.workflow.follow(waiting).tables
    assert held["status"] == ("FAILED" if guarded else "LOADED"), held
    assert (stage.difference(table) == "") == guarded
    if guarded:
        assert held["error"].startswith("MergeFailed")


@pytest.mark.parametrize("guarded", [True, False])
def test_a_file_of_a_column_that_was_made_anew_brings_back_its_former_values_unless_it_is_void(
    stage: Stage, guarded: bool
) -> None:
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
    stage.order(table, "export.before", "SELECT 1 / 0")
    old, new = "since=version if drift.relaid else known.since", "since=known.since"
    edit = replacing(old, old if guarded else new)
    with sabotaged(stage.laptop, "schema", {"functions/schema/objects.py": edit}):
        assert not stage.laptop.run().succeeded
    stage.release([table])
    (held,) = stage.laptop.workflow.follow(waiting).tables
    assert held["status"] == ("FAILED" if guarded else "LOADED"), held
    assert stage.laptop.run().succeeded
    assert (stage.difference(table) == "") == guarded

"""Two executions that evolve one table at the same moment, each to the columns that it found."""

from tests.support.edits import Edits, appended, together
from tests.support.guards import without
from tests.support.sabotage import sabotaged
from tests.system.drift.stage import Stage, Table
from tests.system.faults.bench import until

_PAUSABLE = appended(
    "functions/schema/objects.py",
    """
apply = _apply


def _apply(snowflake, statements):
    from functions.at_seams import pause_before

    for statement in statements:
        pause_before(statement)
        apply(snowflake, [statement])
""",
)
_WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def _two_at_once(stage: Stage, edits: Edits) -> tuple[Table, list[str]]:
    """The first knows of column `a` and stops before it replaces the pipe; the second finds `a` and `b`."""
    laptop, table = stage.laptop, Table(stage.laptop.new_schema(), "evolving")
    laptop.sql(f"CREATE TABLE {table} (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now())")
    laptop.sql(f"INSERT INTO {table} SELECT generate_series(1, 20)")
    laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert laptop.run().succeeded
    laptop.sql(f"ALTER TABLE {table} ADD a integer")
    stage.pause(table, f'PIPE "AURORA"."STAGING"."{table.object_name}"')
    before = laptop.files()
    with sabotaged(laptop, "schema", edits), laptop.events_lost():
        first = laptop.workflow.start()
        until(lambda: stage.is_paused(table), "the first execution's pause")
        laptop.sql(f"ALTER TABLE {table} ADD b integer")
        laptop.sql(f"UPDATE {table} SET a = id, b = id, updated_at = now() WHERE id <= 5")
        second = laptop.workflow.start()
        until(lambda: laptop.files() - before or laptop.sql(_WAITS), "the second execution's export, or its wait")
        stage.go_on(table)
        files = until(lambda: found if len(found := laptop.files() - before) == 2 else None, "both files")
        laptop.send_events(files)
        results = [laptop.workflow.follow(one).tables[0]["status"] for one in (first, second)]
    return table, results


def test_both_go_through_and_no_value_of_either_columns_is_lost(stage: Stage) -> None:
    table, results = _two_at_once(stage, _PAUSABLE)
    assert results == ["LOADED", "LOADED"]
    assert stage.difference(table) == ""
    assert stage.laptop.run().tables[0]["status"] == "IDLE"


def test_if_both_could_evolve_it_at_once_the_pipe_would_lack_a_column(stage: Stage) -> None:
    table, _ = _two_at_once(stage, together(_PAUSABLE, without("two-evolve-one-table")))
    assert stage.laptop.warehouse(f"SELECT COUNT(A), COUNT(B) FROM {table.final}") == [(5, 0)]

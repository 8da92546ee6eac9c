"""Two executions that evolve one table at the same moment, each to the columns that it found."""

from tests.support.edits import Edits, appended, together
from tests.support.guards import without
from tests.support.leases import leases_ignored
from tests.support.packages import edited
from tests.system.drift.cloud import DriftCloud, Table
from tests.system.faults.cloud import until

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


def _two_at_once(drift_cloud: DriftCloud, edits: Edits) -> tuple[Table, list[str]]:
    """The first knows of column `a` and stops before it replaces the view; the second finds `a` and `b`."""
    laptop, table = drift_cloud.laptop, Table(drift_cloud.laptop.new_schema(), "evolving")
    laptop.sql(f"CREATE TABLE {table} (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now())")
    laptop.sql(f"INSERT INTO {table} SELECT generate_series(1, 20)")
    laptop.configure([{"table_name": str(table), "watermark_col": "updated_at"}])
    assert laptop.run().succeeded
    laptop.sql(f"ALTER TABLE {table} ADD a integer")
    drift_cloud.pause(table, f'VIEW "AURORA"."CONTROL"."{table.object_name}"')
    before = laptop.files()
    with edited(laptop, "schema", edits), laptop.events_lost(), leases_ignored(laptop):
        first = laptop.workflow.start()
        until(lambda: drift_cloud.is_paused(table), "the first execution's pause")
        laptop.sql(f"ALTER TABLE {table} ADD b integer")
        laptop.sql(f"UPDATE {table} SET a = id, b = id, updated_at = now() WHERE id <= 5")
        second = laptop.workflow.start()
        until(lambda: laptop.files() - before or laptop.sql(_WAITS), "the second execution's export, or its wait")
        drift_cloud.go_on(table)
        files = until(lambda: found if len(found := laptop.files() - before) == 2 else None, "both files")
        laptop.send_events(files)
        results = [laptop.workflow.follow(one).tables[0]["status"] for one in (first, second)]
    return table, results


def test_both_go_through_and_no_value_of_either_columns_is_lost(drift_cloud: DriftCloud) -> None:
    table, results = _two_at_once(drift_cloud, _PAUSABLE)
    assert results == ["LOADED", "LOADED"]
    assert drift_cloud.difference(table) == ""
    assert drift_cloud.laptop.run().tables[0]["status"] == "IDLE"


def test_if_both_could_evolve_it_at_once_the_second_could_not_merge(drift_cloud: DriftCloud) -> None:
    _, results = _two_at_once(drift_cloud, together(_PAUSABLE, without("two-executions-evolve-one-table")))
    assert results == ["LOADED", "FAILED"]

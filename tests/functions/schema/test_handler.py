"""The schema step: a new table's objects are made, a changed table is stopped before anything is exported."""

from typing import Any
from unittest.mock import Mock

import pytest

from functions.schema.handler import handler
from functions.shared import warehouse
from functions.shared.aurora import Aurora
from functions.shared.errors import InvalidConfiguration, SchemaMismatch
from functions.shared.naming import SourceTable
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import TableObjects

BOUNDS = {"status": "NEW", "strategy": "timestamp", "target": "T", "started_at": 0}


class Table:
    """One Aurora table and what the step makes of it."""

    def __init__(self, owner: Any, adapter: Warehouse, schema: str, context: Mock) -> None:
        self.owner, self.warehouse, self.context = owner, adapter, context
        self.name = f"{schema}.t"
        self.final = TableObjects("AURORA", SourceTable(schema, "t")).final

    def align(self, target_exists: bool = True, **spec: Any) -> dict[str, Any]:
        raw = {"table_name": self.name, "watermark_type": "full_snapshot", **spec}
        event = {
            "table": {"table_name": self.name, "spec": raw, "digest": "d"},
            "bounds": {**BOUNDS, "target_exists": target_exists},
        }
        found: dict[str, Any] = handler(event, self.context)["schema"]
        return found

    def columns(self) -> list[str]:
        return [row["name"] for row in self.warehouse.rows(f"DESCRIBE TABLE {self.final}")]


@pytest.fixture
def table(
    source: Aurora,
    owner: Any,
    schema: str,
    snowflake_session: Warehouse,
    context: Mock,
    monkeypatch: pytest.MonkeyPatch,
) -> Table:
    monkeypatch.setattr(warehouse, "connect", lambda _table: snowflake_session)
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, a text, b int)")
    return Table(owner, snowflake_session, schema, context)


def names(rules: dict[str, Any]) -> list[str]:
    return [column[0] for column in rules["columns"]]


def test_a_new_tables_objects_are_made_with_the_marks_of_its_rules(table: Table) -> None:
    rules = table.align(target_exists=False)
    assert (names(rules), rules["key"], rules["soft_deletes"]) == (["id", "a", "b"], ["id"], True)
    assert table.columns() == ["ID", "A", "B", "_VERSION", "_SYNCED_AT", "IS_DELETED", "_DELETED_AT"]


def test_a_second_call_changes_nothing(table: Table) -> None:
    rules = table.align(target_exists=False)
    assert table.align() == rules
    assert table.align(target_exists=False) == rules


def test_the_exports_order_stays_that_of_staging(table: Table) -> None:
    first = table.align(target_exists=False)
    table.owner.execute(f"DROP TABLE {table.name}; CREATE TABLE {table.name} (b int, id int PRIMARY KEY, a text)")
    assert names(table.align()) == names(first)


@pytest.mark.parametrize("change", ["ADD COLUMN c int", "DROP COLUMN b", "ALTER COLUMN b TYPE bigint"])
def test_a_changed_table_is_stopped(table: Table, change: str) -> None:
    table.align(target_exists=False)
    table.owner.execute(f"ALTER TABLE {table.name} {change}")
    with pytest.raises(SchemaMismatch, match=rf"^{table.name}: "):
        table.align()


def test_another_way_to_delete_is_stopped_before_the_merge_would_fail(table: Table) -> None:
    table.align(target_exists=False)
    with pytest.raises(SchemaMismatch, match=r"soft deletes were on and are now off"):
        table.align(deletes="hard")


def test_once_final_is_dropped_a_changed_table_is_made_anew(table: Table) -> None:
    table.align(target_exists=False)
    table.owner.execute(f"ALTER TABLE {table.name} ADD COLUMN c int")
    table.warehouse.execute(f"DROP TABLE {table.final}")
    assert names(table.align(target_exists=False)) == ["id", "a", "b", "c"]
    assert table.columns()[:4] == ["ID", "A", "B", "C"]
    assert names(table.align()) == ["id", "a", "b", "c"]


def test_columns_that_cannot_have_their_names_are_refused_before_anything_is_made(table: Table) -> None:
    table.owner.execute(f'ALTER TABLE {table.name} ADD COLUMN "ID" int')
    with pytest.raises(InvalidConfiguration, match=r"two columns are both called ID"):
        table.align(target_exists=False)
    assert not table.warehouse.rows(
        f'SHOW TABLES LIKE \'{table.name.replace(".", "__").upper()}\' IN SCHEMA "AURORA"."FINAL"'
    )

"""The schema step: a new table's objects are made, a changed one's follow it or stop it before anything is exported."""

import threading
import time
from typing import Any

import pytest

from functions.shared.ground.errors import InvalidConfiguration, SchemaMismatch
from tests.servers.functions.schema.table import Table, dropped, names

_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_a_new_tables_objects_are_made_with_the_marks_of_its_rules(table: Table) -> None:
    rules = table.make()
    assert (names(rules), rules["key"], rules["soft_deletes"]) == (["id", "a", "b"], ["id"], True)
    assert (rules["version"], rules["since"]) == (1, 1)
    assert table.final() == {"ID": "NUMBER(10,0)", "A": "VARCHAR", "B": "NUMBER(10,0)"}
    assert [(row["SCHEMA_VERSION"], row["CHANGES"]) for row in table.recorded()] == [(1, "")]


def test_a_second_call_changes_nothing(table: Table) -> None:
    rules = table.make()
    with table.statements() as executed:
        assert table.align(said="reloaded") == rules
    assert (executed, table.note, len(table.recorded())) == ([], "reloaded", 1)


def test_a_first_run_that_another_one_overtook_finds_the_objects_and_leaves_them(table: Table) -> None:
    """Its bounds were resolved before the other made FINAL."""
    rules = table.make()
    with table.statements() as executed:
        assert table.make() == rules
    assert (executed, table.note) == ([], "")


def test_one_execution_at_a_time_compares_and_changes_a_table(table: Table, session: Any) -> None:
    table.make()
    table.alter("ADD COLUMN c date")
    session.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (table.t,))
    made: list[list[str]] = []
    thread = threading.Thread(target=lambda: made.append(names(table.align())))
    thread.start()
    deadline = time.monotonic() + 10
    session.execute(_WAITING)
    while session.fetchone() == (0,):
        assert time.monotonic() < deadline
        session.execute(_WAITING)
    assert len(table.recorded()) == 1
    table.alter("ADD COLUMN d date")
    session.execute("SELECT pg_advisory_unlock_all()")
    thread.join()
    assert made == [["id", "a", "b", "c", "d"]]
    session.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert session.fetchone() == (0,)


def test_the_exports_order_stays_that_of_staging(table: Table) -> None:
    first = table.make()
    table.owner.execute(f"DROP TABLE {table.t}; CREATE TABLE {table.t} (b int, id int PRIMARY KEY, a text)")
    assert names(table.align()) == names(first)


def test_a_new_column_is_followed_and_said(table: Table) -> None:
    table.make()
    table.alter("ADD COLUMN c date")
    rules = table.align(said="first this")
    assert (names(rules), rules["version"], rules["since"]) == (["id", "a", "b", "c"], 2, 1)
    assert table.final()["C"] == "DATE"
    assert table.staging() == ["ID", "A", "B", "C"]
    assert table.note.startswith("first this; column 'c' is new; rows merged before hold NULL")
    assert [(row["SCHEMA_VERSION"], "'c' is new" in row["CHANGES"]) for row in table.recorded()] == [
        (1, False),
        (2, True),
    ]
    with table.statements() as executed:
        assert (table.align(), table.note) == (rules, "")
    assert executed == []


def test_a_dropped_column_stays_in_final_and_in_the_file(table: Table) -> None:
    table.make()
    table.alter("DROP COLUMN b")
    rules = table.align()
    assert (names(rules), dropped(rules), rules["since"]) == (["id", "a", "b"], ["b"], 1)
    assert "B" in table.final()
    assert "column 'b' is gone" in table.note
    table.align()
    assert table.note == ""


def test_a_renamed_column_is_a_new_one_beside_the_old(table: Table) -> None:
    table.make()
    table.alter("RENAME COLUMN b TO c")
    rules = table.align()
    assert (names(rules), dropped(rules)) == (["id", "a", "b", "c"], ["b"])
    assert "column 'b' is now called 'c'" in table.note


def test_a_widened_number_is_widened_in_final(table: Table) -> None:
    table.make()
    table.alter("ALTER COLUMN b TYPE bigint")
    table.align()
    assert table.final()["B"] == "NUMBER(19,0)"
    assert "column 'b' was integer and is now bigint" in table.note


def test_a_column_that_comes_back_is_exported_again(table: Table) -> None:
    table.make()
    table.alter("DROP COLUMN b")
    table.align()
    table.alter("ADD COLUMN b int")
    rules = table.align()
    assert (names(rules), dropped(rules), rules["version"]) == (["id", "a", "b"], [], 3)
    assert "column 'b' was dropped and added again" in table.note


@pytest.mark.parametrize("change", ["ADD COLUMN c int", "DROP COLUMN b", "ALTER COLUMN b TYPE bigint"])
def test_a_frozen_table_is_stopped_by_any_change(table: Table, change: str) -> None:
    table.make(schema_changes="freeze")
    table.alter(change)
    with table.statements() as executed, pytest.raises(SchemaMismatch, match=rf"^{table.t}: schema_changes is freeze"):
        table.align(schema_changes="freeze")
    assert executed == []


def test_a_frozen_tables_message_names_all_that_it_takes_to_go_on(table: Table) -> None:
    table.make(schema_changes="freeze")
    table.alter("ALTER COLUMN b TYPE text")
    with pytest.raises(SchemaMismatch, match="set full_refresh to true and schema_changes to evolve for one run"):
        table.align(schema_changes="freeze")
    with pytest.raises(SchemaMismatch, match="set full_refresh to true for one run"):
        table.align()
    table.warehouse.execute(f"ALTER TABLE {table.objects.final} RENAME COLUMN B TO B__V1")
    with pytest.raises(SchemaMismatch, match="schema_changes is freeze"):
        table.align(schema_changes="freeze")
    assert names(table.align(complete=True)) == ["id", "a", "b"]
    assert table.align(schema_changes="freeze")["version"] == 2


def test_what_is_no_change_of_values_does_not_stop_a_frozen_table(table: Table) -> None:
    table.make(schema_changes="freeze")
    table.alter("ALTER COLUMN b SET NOT NULL")
    assert table.align(schema_changes="freeze")["version"] == 2


def test_under_ignore_a_new_column_is_left_out_each_time_with_a_word(table: Table) -> None:
    table.make()
    table.alter("ADD COLUMN c int")
    for _ in range(2):
        assert names(table.align(schema_changes="ignore")) == ["id", "a", "b"]
        assert table.note == "column 'c' is left out, because schema_changes is ignore"
    assert "C" not in table.final()
    assert names(table.align()) == ["id", "a", "b", "c"]


def test_under_ignore_a_type_that_is_not_known_is_no_matter_in_a_column_left_out(table: Table) -> None:
    table.make()
    table.alter("ADD COLUMN c aclitem")
    assert names(table.align(schema_changes="ignore")) == ["id", "a", "b"]
    with pytest.raises(InvalidConfiguration, match="'c' is aclitem"):
        table.align()


def test_a_new_watermark_is_not_left_out(table: Table) -> None:
    """Its bounds are read along it: without it in the file no later step knows what was read."""
    table.make(watermark_type="xmin")
    table.alter("ADD COLUMN at timestamptz NOT NULL DEFAULT now()")
    rules = table.align(schema_changes="ignore", watermark_type="timestamp", watermark_col="at", complete=True)
    assert rules["watermark"] in names(rules)


def test_another_way_to_delete_is_stopped_before_the_merge_would_fail(table: Table) -> None:
    table.make()
    with pytest.raises(SchemaMismatch, match=r"soft deletes were on and are now off"):
        table.align(deletes="hard")


def test_another_policy_is_another_version_without_a_word(table: Table) -> None:
    table.alter("ADD COLUMN day date")
    table.make()
    rules = table.align(on_unrepresentable="fail")
    assert (rules["version"], rules["since"], table.note) == (2, 1, "")


@pytest.mark.parametrize("exists", [True, False])
def test_a_type_that_is_not_known_is_refused_before_anything_is_made(table: Table, exists: bool) -> None:
    if exists:
        table.make()
    table.alter("ADD COLUMN c aclitem")
    with table.statements() as executed, pytest.raises(InvalidConfiguration) as raised:
        table.align(target_exists=exists)
    assert str(raised.value).startswith(f"{table.t}: ")
    assert """on_unrepresentable to {"c": "text"}""" in str(raised.value)
    assert executed == []
    table.align(target_exists=exists, on_unrepresentable={"c": "text"})
    assert table.final()["C"] == "VARCHAR"

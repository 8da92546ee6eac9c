"""What becomes of a table's objects when a person has changed them, or when the step ended half-way."""

import itertools
from typing import Any

import pytest

from functions.shared.ground.errors import SchemaMismatch
from tests.servers.functions.schema.table import CrashedError, Table, dropped, names


def rename(table: Table, column: str, to: str) -> None:
    table.warehouse.execute(f'ALTER TABLE {table.objects.final} RENAME COLUMN "{column}" TO "{to}"')


def test_a_type_that_final_cannot_follow_is_made_anew_once_its_statement_was_run(table: Table) -> None:
    table.make()
    table.alter("ALTER COLUMN b TYPE text")
    with pytest.raises(
        SchemaMismatch, match=rf"^{table.t}: .*RENAME COLUMN \"B\" TO \"B__V1\".*full_refresh"
    ) as raised:
        table.align()
    statement = str(raised.value).split("run ")[1].split(";")[0]
    table.warehouse.execute(statement)
    rules = table.align()
    assert table.final() == {"ID": "NUMBER(10,0)", "A": "VARCHAR", "B__V1": "NUMBER(10,0)", "B": "VARCHAR"}
    assert (names(rules), rules["version"], rules["since"]) == (["id", "a", "b"], 2, 2)
    assert "column 'b' is made again in FINAL" in table.note
    assert table.align() == rules


def test_another_key_is_made_anew_once_its_statement_was_run(table: Table) -> None:
    table.make()
    table.alter("DROP CONSTRAINT t_pkey", "ADD PRIMARY KEY (id, b)")
    with pytest.raises(SchemaMismatch, match=r"its key was \(id\) and is now \(id, b\)") as raised:
        table.align()
    table.warehouse.execute(str(raised.value).split("run ")[1].split(";")[0])
    rules = table.align(target_exists=False)
    assert (rules["key"], rules["version"], rules["since"]) == (["id", "b"], 2, 2)
    assert table.note == "FINAL was gone: made again and reloaded"


def test_once_final_is_dropped_a_changed_table_is_made_anew(table: Table) -> None:
    table.make()
    table.alter("ADD COLUMN c int", "ALTER COLUMN b TYPE text")
    table.warehouse.execute(f"DROP TABLE {table.objects.final}")
    rules = table.align(target_exists=False)
    assert (names(rules), rules["version"], rules["since"]) == (["id", "a", "b", "c"], 2, 2)
    assert table.final() == {"ID": "NUMBER(10,0)", "A": "VARCHAR", "B": "VARCHAR", "C": "NUMBER(10,0)"}
    assert table.staging() == ["ID", "A", "B", "C"]
    assert table.align() == rules


def test_a_dropped_column_that_a_person_took_from_final_too_leaves_the_file(table: Table) -> None:
    table.make()
    table.alter("DROP COLUMN a")
    assert dropped(table.align()) == ["a"]
    table.warehouse.execute(f'ALTER TABLE {table.objects.final} DROP COLUMN "A"')
    rules = table.align()
    assert (names(rules), rules["since"], rules["version"]) == (["id", "b"], 3, 3)


@pytest.mark.parametrize("kind", ["TABLE", "PIPE", "VIEW"])
def test_what_a_person_dropped_is_made_anew_with_a_word(table: Table, kind: str) -> None:
    rules = table.make()
    names = {"VIEW": table.objects.typed, "TABLE": table.objects.staging, "PIPE": table.objects.pipe(1)}
    table.warehouse.execute(f"DROP {kind} {names[kind]}")
    assert table.align() == rules
    assert table.note == "its STAGING table, view or pipe was gone and is made again"
    assert table.staging() == ["ID", "A", "B"]
    assert table.align() == rules
    assert table.note == ""


def test_columns_that_a_person_added_to_final_stay_theirs(table: Table) -> None:
    rules = table.make()
    table.warehouse.execute(f'ALTER TABLE {table.objects.final} ADD COLUMN "MINE" VARCHAR')
    assert table.align() == rules
    assert "MINE" in table.final()
    table.alter("ADD COLUMN mine int")
    with pytest.raises(SchemaMismatch, match=r"column 'mine' is VARCHAR in FINAL, and as integer it must be NUMBER"):
        table.align()


CHANGES: dict[str, list[str]] = {
    "everything": ["ADD COLUMN c int", "DROP COLUMN a", "ALTER COLUMN b TYPE bigint"],
    "one more": ["ADD COLUMN c int"],
    "made anew": ["ALTER COLUMN b TYPE text"],
}


def prepare(table: Table, kind: str) -> None:
    table.create()
    table.make()
    table.alter(*CHANGES[kind])
    if kind == "made anew":
        rename(table, "B", "B__V1")


@pytest.mark.parametrize("kind", CHANGES)
def test_a_step_that_ended_between_any_two_statements_is_completed_by_the_next(table: Table, kind: str) -> None:
    prepare(whole := Table(table.owner, table.warehouse, table.schema, table.context, "whole"), kind)
    expected = whole.align()
    for statements in itertools.count():
        prepare(one := Table(table.owner, table.warehouse, table.schema, table.context, f"n{statements}"), kind)
        try:
            with one.statements(crash_after=statements):
                one.align()
        except CrashedError:
            assert comparable(one.align()) == comparable(expected), f"after {statements} statements"
        else:
            break
        assert (one.final(), one.staging()) == (whole.final(), whole.staging()), f"after {statements} statements"
        with one.statements() as again:
            assert (comparable(one.align()), one.note, again) == (comparable(expected), "", [])
    assert statements >= 5


def test_a_new_table_whose_step_ended_half_way_is_completed_too(table: Table) -> None:
    for statements in itertools.count():
        (one := Table(table.owner, table.warehouse, table.schema, table.context, f"n{statements}")).create()
        try:
            with one.statements(crash_after=statements):
                one.make()
        except CrashedError:
            exists = statements >= 2  # FINAL is the second object
            rules = one.align(target_exists=exists)
            assert (names(rules), rules["since"], rules["layout"]) == (["id", "a", "b"], *[rules["version"]] * 2)
            assert len(one.recorded()) == 1
        else:
            break
    assert statements >= 5


def comparable(rules: dict[str, Any]) -> dict[str, Any]:
    """Without the number of the version, which a step that made a pipe and then ended uses up."""
    version = rules["version"]
    return rules | {"version": "present", **{key: rules[key] == version for key in ("since", "layout")}}

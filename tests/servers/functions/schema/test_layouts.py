"""Files of one layout have a pipe and a folder of their own, so that no file is read by another definition."""

import json
from datetime import timedelta

import pytest

from functions.schema import handler as step
from functions.shared.contract.rules import MergeRules
from functions.shared.ground.errors import SchemaMismatch
from functions.shared.ground.settings import settings
from functions.shared.snowflake import pipes
from functions.shared.snowflake.pipes import read_pipes
from functions.shared.snowflake.statements import table_statements
from tests.servers.functions.schema.table import CrashedError, Table, names
from tests.support.guards import module_without


def layouts(table: Table) -> list[int]:
    return sorted(pipe.layout for pipe in read_pipes(table.warehouse, table.objects))


def definition(table: Table, layout: int) -> str:
    shown = table.warehouse.rows('SHOW PIPES IN SCHEMA "AURORA"."STAGING"')
    [found] = [row["definition"] for row in shown if row["name"] == table.objects.source.pipe_name(layout)]
    return str(found)


def test_another_column_is_another_layout_and_the_former_pipe_stays_as_it_is(table: Table) -> None:
    assert table.make()["layout"] == 1
    former = definition(table, 1)
    table.alter("ADD COLUMN c int")
    rules = table.align()
    assert (rules["layout"], layouts(table)) == (2, [1, 2])
    assert definition(table, 1) == former
    assert '"C"' in definition(table, 2)
    assert f"{table.objects.source.folder(2)}/" in definition(table, 2)


def test_a_change_that_leaves_the_files_columns_keeps_pipe_and_folder(table: Table) -> None:
    table.make()
    table.alter("ALTER COLUMN b TYPE bigint")
    rules = table.align()
    assert (rules["version"], rules["layout"], layouts(table)) == (2, 1, [1])


def test_a_table_of_before_moves_to_a_layout_of_its_own_without_a_word(table: Table) -> None:
    made = table.make()
    table.warehouse.execute(f"DROP PIPE {table.objects.pipe(1)}")
    before = {key: value for key, value in made.items() if key != "layout"}
    for statement in table_statements(table.objects, MergeRules.from_json(before)):
        table.warehouse.execute(statement)
    table.warehouse.execute(
        'UPDATE "AURORA"."CONTROL"."TABLES" SET "RULES" = %s WHERE "TABLE_NAME" = %s', [json.dumps(before), table.t]
    )
    moved = table.align(schema_changes="freeze")
    assert (moved["version"], moved["layout"], moved["since"], table.note) == (2, 2, 1, "")
    assert layouts(table) == [0, 2], "an execution that is under way still loads"
    assert table.align() == moved
    assert table.recorded()[-1]["CHANGES"] == "its files have a folder and a pipe with their layout's version"


def test_the_pipe_of_a_former_layout_goes_once_no_batch_can_need_it(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.make()
    table.alter("ADD COLUMN c int")
    table.align()
    table.align()
    assert layouts(table) == [1, 2]
    monkeypatch.setattr(pipes, "_LONGEST_EXECUTION", timedelta(seconds=-10))
    monkeypatch.setenv("LOAD_TIMEOUT_SECONDS", "0")
    settings.cache_clear()
    table.align()
    assert layouts(table) == [2]


def ended_early(table: Table) -> None:
    """A step that made the pipe of a new layout, and ended; then Aurora's table changed once more."""
    table.make()
    table.alter("ADD COLUMN c int")
    with table.statements() as executed:
        whole = Table(table.owner, table.warehouse, table.schema, table.context, "whole")
        whole.create()
        whole.make()
        executed.clear()
        whole.alter("ADD COLUMN c int")
        whole.align()
    until_the_pipe = 1 + next(number for number, statement in enumerate(executed) if "PIPE" in statement)
    with pytest.raises(CrashedError), table.statements(crash_after=until_the_pipe):
        table.align()
    table.alter("ADD COLUMN d int")


def test_a_pipe_of_a_step_that_ended_early_is_never_taken_for_that_of_other_columns(table: Table) -> None:
    ended_early(table)
    rules = table.align()
    assert (names(rules)[-2:], rules["layout"]) == (["c", "d"], 3)
    assert '"D"' in definition(table, 3)


def test_without_the_guard_the_pipe_would_lack_a_column(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    ended_early(table)
    monkeypatch.setattr(step, "align", module_without("pipe-of-a-step-that-ended-early").align)
    rules = table.align()
    assert "d" in names(rules)
    assert '"D"' not in definition(table, rules["layout"])


def test_a_final_that_was_dropped_under_a_run_is_not_made_for_its_window(table: Table) -> None:
    """It would hold the rows of this window only, and say that everything below is merged."""
    table.make()
    table.warehouse.execute(f"DROP TABLE {table.objects.final}")
    with pytest.raises(SchemaMismatch, match=rf"^{table.t}: FINAL was dropped after .*; re-run the table"):
        table.align(target_exists=True)


def test_without_the_guard_it_would_be_made(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table.make()
    table.warehouse.execute(f"DROP TABLE {table.objects.final}")
    monkeypatch.setattr(
        "tests.servers.functions.schema.table.handler", module_without("final-dropped-under-a-run").handler
    )
    assert table.align(target_exists=True)["version"] == 2
    assert set(table.final()) == {"ID", "A", "B"}

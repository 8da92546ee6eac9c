"""Which of STAGING's rows maintenance removes, and which a merge may still ask for."""

from typing import Any

import pytest

from functions.maintain.statements import history_statement, staging_statement
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import merge_statement
from tests.servers.functions.maintain.aged import Aged, moments
from tests.servers.functions.replay.quarantine import Quarantined
from tests.support.batches import KEYED, Row, Target, at
from tests.support.guards import rendered_without

ROWS: list[Row] = [("1", "10", at(1)), ("2", "20", at(2))]


@pytest.fixture
def table(target: Target) -> Aged:
    target.make(KEYED)
    return Aged(target)


def without_its_age(objects: TableObjects) -> str:
    with rendered_without("rows-removed-before-their-batch-is-recorded", instead="TRUE"):
        return staging_statement(objects, moments())


def without_its_batch(objects: TableObjects) -> str:
    with rendered_without("rows-of-a-recorded-batch-removed"):
        return staging_statement(objects, moments())


def test_rows_of_a_load_that_was_given_up_go_after_thirty_days(table: Aged) -> None:
    """Its batch was never recorded: the load timed out or was refused, or the table was exported again."""
    table.target.stage(ROWS, "public.t/run-gone.csv")
    table.scanned(29)
    assert table.clean() == 0
    table.scanned(31)
    assert (table.clean(), table.target.staged()) == (2, 0)


def test_rows_of_files_whose_batch_was_never_recorded_go_too(table: Aged) -> None:
    """The function ended between the two records, and was not run again."""
    table.target.stage(ROWS, "public.t/run-half.csv")
    table.target.warehouse.execute(
        """INSERT INTO "AURORA"."CONTROL"."BATCH_FILES" VALUES ('half', 'public.t/run-half.csv', 1, 1)"""
    )
    table.scanned(29)
    assert table.clean() == 0
    table.scanned(31)
    assert (table.clean(), table.target.staged()) == (2, 0)


@pytest.mark.parametrize("refusal", ["PARTIAL_LOAD", "MASS_DELETE"])
def test_rows_of_a_merge_that_was_refused_go_with_its_record(table: Aged, refusal: str) -> None:
    bounds: dict[str, Any] = {"complete": True, "high": at(9)} if refusal == "MASS_DELETE" else {"exported": 3}
    table.merged([(str(number), "1", at(1)) for number in range(200)], 10, days=60)
    refused = table.recorded(ROWS, 20, days=31, staged_days=31, **bounds)
    assert table.target.merge(KEYED, refused).startswith(refusal)
    assert table.clean() == 0, "as long as it is recorded"
    table.prune()
    assert table.clean() == 2
    assert table.target.merge(KEYED, refused) == "NO_BATCH"


def test_rows_that_came_after_their_merge_go(table: Aged) -> None:
    """A refresh or a late event loaded a merged file again."""
    batch = table.merged(ROWS, 10, days=40)
    table.target.stage(ROWS, f"public.{table.target.name}/run-{batch}-0.csv")
    table.scanned(31)
    assert table.clean() == 2
    assert table.target.final() == [(1, 10), (2, 20)]


def test_rows_whose_batch_is_not_recorded_yet_stay(table: Aged) -> None:
    """They are loaded, and their execution still runs or will be redriven."""
    assert merged_after(table, table.clean) == "MERGED"


def test_without_their_age_they_would_be_missed(table: Aged) -> None:
    assert merged_after(table, lambda: table.clean(without_its_age(table.target.objects))) == "PARTIAL_LOAD"


def merged_after(table: Aged, clean: Any) -> str:
    batch, file = f"b-{table.target.name}", f"public.{table.target.name}/run-new.csv"
    table.target.stage(ROWS, file)
    table.scanned(15)
    clean()
    table.target.record(batch, [file], 10, 2)
    return table.target.merge(KEYED, batch)


def test_rows_of_a_recorded_batch_stay_however_old_they_are(table: Aged) -> None:
    """An execution was redriven two weeks after it had loaded them, and it may be the task that merges."""
    batch = table.recorded(ROWS, 10, days=16, staged_days=31)
    table.prune()
    assert table.clean() == 0
    assert table.target.merge(KEYED, batch) == "MERGED"


def test_without_the_record_they_would_be_missed(table: Aged) -> None:
    batch = table.recorded(ROWS, 10, days=16, staged_days=31)
    assert table.clean(without_its_batch(table.target.objects)) == 2
    assert table.target.merge(KEYED, batch) == "PARTIAL_LOAD"


def forgotten(table: Aged, statement: str, batch: str) -> str:
    """The merge's word, where maintenance forgets the batch and removes a row between its steps."""
    gone = (
        f'DELETE FROM "AURORA"."CONTROL"."BATCHES" WHERE "BATCH_ID" = \'{batch}\';\n'
        f'  DELETE FROM {table.target.objects.staging} WHERE "ID" = 2;\n  LET held NUMBER'
    )
    return table.target.merge(KEYED, batch, statement.replace("LET held NUMBER", gone, 1))


def test_a_batch_that_is_forgotten_during_its_merge_is_not_merged_by_half(table: Aged) -> None:
    table.merged(ROWS, 10, days=50)
    batch = table.recorded(ROWS, 20, days=31, complete=True, high=at(9))
    assert forgotten(table, merge_statement(table.target.objects, KEYED, batch), batch) == "NO_BATCH"
    assert table.target.final() == [(1, 10), (2, 20)]


def test_without_a_look_at_its_record_it_would_be(table: Aged) -> None:
    table.merged(ROWS, 10, days=50)
    batch = table.recorded(ROWS, 20, days=31, complete=True, high=at(9))
    with rendered_without("batch-forgotten-during-its-merge"):
        statement = merge_statement(table.target.objects, KEYED, batch)
    assert forgotten(table, statement, batch) == "MERGED"
    assert table.target.final() == [(1, 10)]


def test_a_replay_keeps_the_rows_that_it_staged(target: Target) -> None:
    """They are those of files whose own batch was merged long ago."""
    quarantined = Quarantined(target)
    quarantined.make()
    aged = Aged(target, quarantined.rules)
    aged.merged([("1", "x", at(1))], 10, days=80)
    quarantined.mend("value")
    batch = quarantined.restage()["batch"]
    aged.scanned(31)
    aged.prune(history_statement("AURORA", moments()))
    assert aged.clean() == 0
    assert target.merge(quarantined.rules, batch) == "MERGED"
    assert target.final() == [(1, "x")]

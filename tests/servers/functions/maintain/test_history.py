"""What maintenance takes from the control tables, and what must stay for runs to come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.maintain.statements import history_statement
from functions.shared.contract.watermark import Watermark
from functions.shared.snowflake import session
from functions.shared.snowflake.progress import Readings, read_last
from functions.shared.snowflake.statements import merge_statement
from functions.shared.snowflake.tables import read_rules, record_rules
from tests.servers.functions.maintain.aged import Aged, moments
from tests.servers.functions.replay.quarantine import Quarantined
from tests.support.batches import AT, ID, KEYED, VALUE, Target, at
from tests.support.guards import rendered_without


@pytest.fixture
def table(target: Target) -> Aged:
    target.make(KEYED)
    return Aged(target)


def test_what_is_older_than_ninety_days_goes_but_for_the_last_line(table: Aged) -> None:
    old, last = table.merged([("1", "1", at(1))], 10, days=200), table.merged([("2", "2", at(2))], 20, days=100)
    pruned = table.prune()
    assert isinstance(pruned, dict)
    assert min(pruned[name] for name in ("LEDGER", "BATCHES", "BATCH_FILES")) >= 1
    assert table.left("LEDGER") == table.left("BATCHES") == [last]
    assert (table.files_of(old), table.files_of(last)) == (0, 1)


def test_what_is_younger_stays_as_it_was(table: Aged) -> None:
    batches = [table.merged([(str(day), "1", at(day))], 10 + day, days=100 - day) for day in (11, 50, 98, 99, 100)]
    lines = table.target.warehouse.rows('SELECT * FROM "AURORA"."CONTROL"."LEDGER" ORDER BY "BATCH_ID"')
    assert isinstance(table.prune(), dict)
    assert table.left("LEDGER") == table.left("BATCHES") == batches
    assert [table.files_of(batch) for batch in batches] == [1] * 5
    kept = table.target.warehouse.rows('SELECT * FROM "AURORA"."CONTROL"."LEDGER" ORDER BY "BATCH_ID"')
    assert [line for line in kept if line["BATCH_ID"] in batches] == [
        line for line in lines if line["BATCH_ID"] in batches
    ]


def test_nothing_of_it_stays_in_staging_as_a_copy(table: Aged) -> None:
    table.merged([("1", "1", at(1))], 10, days=100)
    table.prune()
    shown = table.target.warehouse.rows('SHOW TABLES IN SCHEMA "AURORA"."STAGING"')
    assert not [row["name"] for row in shown if row["name"].startswith("HISTORY")]


def test_the_next_run_starts_where_the_last_one_ended(table: Aged) -> None:
    table.merged([("1", "1", at(1))], 10, days=100, high=at(5))
    before = read_last(table.target.warehouse, table.target.objects)
    table.prune()
    assert read_last(table.target.warehouse, table.target.objects) == before != Watermark()


def test_without_the_last_line_it_would_not_know(table: Aged) -> None:
    table.merged([("1", "1", at(1))], 10, days=100, high=at(5))
    with rendered_without("last-line-pruned"):
        table.prune(history_statement("AURORA", moments()))
    assert read_last(table.target.warehouse, table.target.objects) == Watermark()


def refreshed(table: Aged) -> str:
    """A reload lacked row 2 long ago, and runs have followed; returns an older batch that still has it."""
    older = table.target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    table.merged([("1", "10", at(1))], 20, days=120, complete=True, high=at(9))
    table.merged([("1", "11", at(10))], 30, days=110)
    return older


def test_a_row_that_a_complete_batch_lacked_long_ago_stays_away(table: Aged) -> None:
    older = refreshed(table)
    table.prune()
    assert table.target.merge(KEYED, older) == "MERGED"
    assert table.target.final() == [(1, 11)]


def test_without_the_complete_batch_it_would_come_back(table: Aged) -> None:
    older = refreshed(table)
    with rendered_without("complete-batch-forgotten"):
        table.prune(history_statement("AURORA", moments()))
    table.target.merge(KEYED, older)
    assert table.target.final() == [(1, 11), (2, 20)]


def restored(table: Aged) -> None:
    """Aurora was restored long ago, after which the table was reloaded twice; a row of before is in quarantine."""
    table.merged([("1", "10", at(1)), ("2", "x", at(2))], 1000, days=130, complete=True, high=at(9))
    table.merged([("1", "10", at(1))], 20, days=120, complete=True, high=at(3), reset=True)
    table.merged([("1", "10", at(1)), ("3", "30", at(2))], 30, days=110, complete=True, high=at(3))
    table.target.warehouse.execute(
        'INSERT INTO "AURORA"."CONTROL"."QUARANTINE" SELECT "BATCH_ID", "TABLE_NAME", \'f\', 1, 1000, \'r\', '
        'PARSE_JSON(\'{}\'), CURRENT_TIMESTAMP() FROM "AURORA"."CONTROL"."LEDGER" WHERE "VERSION" = 1000 '
        f"AND \"TABLE_NAME\" = 'public.{table.target.name}'"
    )


def test_versions_of_before_a_restore_stay_void(table: Aged) -> None:
    restored(table)
    table.prune()
    new = table.target.load([("4", "40", at(2))], version=40)
    assert table.target.merge(KEYED, new) == "MERGED"
    assert (4, 40) in table.target.final()


def test_without_the_restore_new_rows_would_be_taken_for_old_ones(table: Aged) -> None:
    restored(table)
    with rendered_without("restore-forgotten"):
        table.prune(history_statement("AURORA", moments()))
    new = table.target.load([("4", "40", at(2))], version=40)
    assert table.target.merge(KEYED, new) == "MERGED"
    assert (4, 40) not in table.target.final()


def test_a_quarantined_row_keeps_the_fence_of_its_batch(target: Target) -> None:
    """Replayed, a row from past it would lift FINAL's watermark over rows that were not read."""
    quarantined = _past_the_fence(target)
    Aged(target, quarantined.rules).prune()
    assert quarantined.restage()["void"] == 1


def test_without_its_batch_the_fence_is_forgotten(target: Target) -> None:
    quarantined = _past_the_fence(target)
    with rendered_without("fence-of-quarantined-rows-forgotten"):
        Aged(target, quarantined.rules).prune(history_statement("AURORA", moments()))
    assert quarantined.restage()["void"] == 0


def _past_the_fence(target: Target) -> Quarantined:
    quarantined = Quarantined(target, replace(KEYED, columns=[ID, VALUE, AT]))
    quarantined.make()
    aged = Aged(target, quarantined.rules)
    batch = aged.merged([("1", "x", at(7))], 10, days=120)
    aged.merged([("2", "2", at(8))], 20, days=110)
    target.warehouse.execute(
        f'UPDATE "AURORA"."CONTROL"."BATCHES" SET "HIGH" = \'{at(5)}\' WHERE "BATCH_ID" = \'{batch}\''
    )
    return quarantined


def test_a_batch_that_is_not_merged_is_forgotten_after_thirty_days(table: Aged) -> None:
    table.merged([("9", "9", at(1))], 5, days=50)
    table.recorded([("1", "1", at(1))], 10, days=31)
    waits = table.recorded([("2", "2", at(2))], 20, days=29)
    table.prune()
    assert waits in table.left("BATCHES")
    assert len(table.left("BATCHES")) == 2
    assert table.target.merge(KEYED, waits) == "MERGED"


def test_without_its_age_it_would_be_forgotten_at_once(table: Aged) -> None:
    waits = table.recorded([("2", "2", at(2))], 20, days=29)
    with rendered_without("unmerged-batch-forgotten"):
        table.prune(history_statement("AURORA", moments()))
    assert table.target.merge(KEYED, waits) == "NO_BATCH"


def late_line(table: Aged, guarded: bool) -> dict[str, int] | str:
    """Prunes, while another session commits a line that is dated before it."""
    table.merged([("1", "1", at(1))], 10, days=50)
    statement = history_statement("AURORA", moments())
    if not guarded:
        with rendered_without("row-written-meanwhile-lost"):
            statement = history_statement("AURORA", moments())
    late = (
        'INSERT INTO "AURORA"."CONTROL"."LEDGER" ("BATCH_ID", "TABLE_NAME", "EXPORTED", "LOADED", "MERGED", '
        '"DUPLICATES", "QUARANTINED", "HELD", "DELETED", "VERSION", "MERGED_AT") '
        f"SELECT 'b99999', 'public.{table.target.name}', 0, 0, 0, 0, 0, 0, 0, 1, "
        "DATEADD(day, -2, CURRENT_TIMESTAMP());\n  BEGIN TRANSACTION;"
    )
    return table.prune(statement.replace("BEGIN TRANSACTION;", late, 1))


def test_a_line_that_is_written_meanwhile_is_not_lost(table: Aged) -> None:
    assert late_line(table, guarded=True) == "CONCURRENT"
    assert "b99999" in table.left("LEDGER")


def test_without_the_count_it_would_be_lost(table: Aged) -> None:
    late_line(table, guarded=False)
    assert "b99999" not in table.left("LEDGER")


def merged_while_pruned(table: Aged, guarded: bool) -> str:
    """Merges a batch, while another one is merged and an old line is pruned: as many lines as without both."""
    table.merged([("1", "1", at(1))], 10, days=100)
    batch = table.target.load([("2", "2", at(2))], version=20)
    statement = merge_statement(table.target.objects, KEYED, batch)
    if not guarded:
        with rendered_without("pruned-line-hides-another-merge"):
            statement = merge_statement(table.target.objects, KEYED, batch)
    mine = f"\"TABLE_NAME\" = 'public.{table.target.name}'"
    meanwhile = (
        'INSERT INTO "AURORA"."CONTROL"."LEDGER" SELECT * REPLACE (CURRENT_TIMESTAMP() AS "MERGED_AT") '
        f'FROM "AURORA"."CONTROL"."LEDGER" WHERE {mine};\n'
        f'  DELETE FROM "AURORA"."CONTROL"."LEDGER" WHERE {mine} '
        'AND "MERGED_AT" < DATEADD(day, -90, CURRENT_TIMESTAMP());\n  LET recorded NUMBER'
    )
    return table.target.merge(KEYED, batch, statement.replace("LET recorded NUMBER", meanwhile, 1))


def test_a_merge_sees_another_one_though_a_line_is_pruned(table: Aged) -> None:
    assert merged_while_pruned(table, guarded=True) == "CONCURRENT"


def test_without_the_moment_the_pruned_line_would_hide_it(table: Aged) -> None:
    assert merged_while_pruned(table, guarded=False) == "MERGED"


def test_the_last_reading_stays_however_old_it_is(table: Aged, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse, readings, now = table.target.warehouse, Readings(table.target.objects), datetime.now(UTC)
    monkeypatch.setattr(session, "_connect", lambda _table: warehouse)
    for days, ceiling in ((200, 1), (100, 2), (2, 3)):
        readings.store(ceiling, (now - timedelta(days=days)).isoformat(timespec="microseconds"))
        table.prune()
        assert readings.before(now) == ceiling
    name = f"public.{table.target.name}"
    left = warehouse.rows('SELECT "CEILING" FROM "AURORA"."CONTROL"."READINGS" WHERE "TABLE_NAME" = %s', [name])
    assert [int(row["CEILING"]) for row in left] == [3]


def layouts(table: Aged) -> None:
    """Four versions of the schema, all of long ago."""
    warehouse, objects = table.target.warehouse, table.target.objects
    for version in range(1, 5):
        record_rules(warehouse, objects, 1, replace(KEYED, schema_version=version), [])
        warehouse.execute(
            f'UPDATE "AURORA"."CONTROL"."TABLES" SET "CREATED_AT" = DATEADD(day, {-200 + version}, '
            'CURRENT_TIMESTAMP()) WHERE "TABLE_NAME" = %s AND "SCHEMA_VERSION" = %s',
            [f"public.{table.target.name}", version],
        )


def test_the_last_two_schema_versions_stay_and_those_of_files(table: Aged) -> None:
    layouts(table)
    table.recorded([("1", "1", at(1))], 10, days=2)
    table.prune()
    left = table.target.warehouse.rows(
        'SELECT "SCHEMA_VERSION" FROM "AURORA"."CONTROL"."TABLES" WHERE "TABLE_NAME" = %s ORDER BY 1',
        [f"public.{table.target.name}"],
    )
    assert [int(row["SCHEMA_VERSION"]) for row in left] == [1, 3, 4]


def test_without_them_a_table_would_be_taken_for_a_new_one(table: Aged) -> None:
    layouts(table)
    with rendered_without("rules-of-a-table-forgotten"):
        table.prune(history_statement("AURORA", moments()))
    assert read_rules(table.target.warehouse, table.target.objects) is None

"""The merge: what one batch does to FINAL, on the warehouse stand-in through the real connector."""

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import AT, COLUMNS, ID, KEYED, VALUE, Target, assert_adds_up, at, column
from tests.support.guards import rendered_without


def test_new_rows_are_inserted_and_known_ones_updated(target: Target) -> None:
    target.make(KEYED)
    first = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    assert target.merge(KEYED, first) == "MERGED"
    second = target.load([("2", "21", at(3)), ("3", "30", at(4))], version=20)
    assert target.merge(KEYED, second) == "MERGED"
    assert target.final() == [(1, 10), (2, 21), (3, 30)]
    assert target.ledger(second)["merged"] == 2
    for batch in (first, second):
        assert_adds_up(target.ledger(batch))
    assert target.staged() == 0


def test_a_batch_is_merged_once(target: Target) -> None:
    target.make(KEYED)
    batch = target.load([("1", "10", at(1))], version=10)
    assert target.merge(KEYED, batch) == "MERGED"
    before = target.final(columns='"ID", "VALUE", "_SYNCED_AT"')
    ledger = target.ledger(batch)
    assert target.merge(KEYED, batch) == "ALREADY_MERGED"
    assert (target.final(columns='"ID", "VALUE", "_SYNCED_AT"'), target.ledger(batch)) == (before, ledger)


def test_a_batch_that_was_recorded_twice_is_one_batch(target: Target) -> None:
    target.make(KEYED)
    batch = target.load([("1", "10", at(1))], version=10)
    target.record(batch, [f"public.{target.name}/run-{batch}-0.csv"], 10, 1)
    assert target.merge(KEYED, batch) == "MERGED"
    assert_adds_up(target.ledger(batch))


def test_an_unknown_batch_changes_nothing(target: Target) -> None:
    target.make(KEYED)
    assert target.merge(KEYED, "no-such-batch") == "NO_BATCH"
    assert target.final() == []


def test_an_older_batch_after_a_newer_one_does_not_win(target: Target) -> None:
    target.make(KEYED)
    older = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    newer = target.load([("1", "11", at(3))], version=20)
    assert [target.merge(KEYED, batch) for batch in (newer, older)] == ["MERGED", "MERGED"]
    assert target.final() == [(1, 11), (2, 20)]
    assert (target.ledger(older)["merged"], target.ledger(older)["duplicates"]) == (1, 1)
    assert_adds_up(target.ledger(older))


def test_without_the_version_condition_the_older_row_would_win(target: Target) -> None:
    target.make(KEYED)
    older = target.load([("1", "10", at(1))], version=10)
    newer = target.load([("1", "11", at(3))], version=20)
    target.merge(KEYED, newer)
    with rendered_without("older-version-wins"):
        unguarded = merge_statement(target.objects, KEYED, older)
    assert target.merge(KEYED, older, unguarded) == "MERGED"
    assert target.final() == [(1, 10)]


def test_a_partial_load_is_refused_and_changes_nothing(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "10", at(1))], version=10))
    partial = target.load([("1", "11", at(2))], version=20, exported=2)
    assert target.merge(KEYED, partial) == "PARTIAL_LOAD"
    assert (target.final(), target.staged()) == ([(1, 10)], 1)
    assert not target.warehouse.rows(
        'SELECT 1 AS "X" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = %s', [partial]
    )


def test_a_file_loaded_twice_is_refused(target: Target) -> None:
    target.make(KEYED)
    batch = target.load([("1", "10", at(1)), ("2", "20", at(1))], version=10, exported=1)
    assert target.merge(KEYED, batch) == "PARTIAL_LOAD"


def test_keys_that_occur_twice_in_one_snapshot_are_no_keys(target: Target) -> None:
    target.make(KEYED)
    batch = target.load([("1", "10", at(1)), ("1", "11", at(2)), ("2", "20", at(2))], version=10)
    assert target.merge(KEYED, batch) == "DUPLICATE_KEYS"
    assert (target.final(), target.quarantined(), target.staged()) == ([], [], 3)


def test_key_columns_that_may_be_null_match_by_null(target: Target) -> None:
    rules = MergeRules(COLUMNS, [ID, VALUE], AT, soft_deletes=False)
    target.make(rules)
    for version in (10, 20):
        batch = target.load([("1", None, at(version)), ("1", "5", at(version))], version=version)
        assert target.merge(rules, batch) == "MERGED"
    assert target.final('"ID", "VALUE" NULLS FIRST') == [(1, None), (1, 5)]


def test_a_window_deletes_nothing(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "10", at(1))], version=10))
    batch = target.load([("2", "20", at(2))], version=20)
    target.merge(KEYED, batch)
    assert target.final() == [(1, 10), (2, 20)]
    assert target.ledger(batch)["deleted"] == 0


def test_rows_past_the_fence_of_a_full_refresh_are_neither_applied_nor_deleted(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "10", at(1)), ("2", "20", at(2)), ("3", "30", at(3))], version=10))
    batch = target.load(
        [("1", "11", at(5)), ("2", "21", at(9)), ("4", "40", at(9))], version=20, complete=True, high=at(9)
    )
    assert target.merge(KEYED, batch) == "MERGED"
    assert target.final() == [(1, 11), (2, 20)]
    ledger = target.ledger(batch)
    assert (ledger["merged"], ledger["held"], ledger["deleted"]) == (1, 2, 1)
    assert_adds_up(ledger)


def test_applied_past_the_fence_they_would_hide_a_late_commit(target: Target) -> None:
    """FINAL's maximum is the next run's low: a row past the fence lifts it over rows that are still to commit."""
    target.make(KEYED)
    batch = target.load([("1", "11", at(5)), ("4", "40", at(9))], version=20, complete=True, high=at(9))
    with rendered_without("row-past-the-fence"):
        unguarded = merge_statement(target.objects, KEYED, batch)
    target.merge(KEYED, batch, unguarded)
    assert target.final("1", f"MAX(\"AT\") >= '{at(9)}'::TIMESTAMP_TZ") == [(True,)]


def test_an_older_window_does_not_bring_back_what_a_full_refresh_deleted(target: Target) -> None:
    target.make(KEYED)
    older = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    refresh = target.load([("1", "11", at(3))], version=20, complete=True, high=at(9))
    for batch in (refresh, older):
        target.merge(KEYED, batch)
    assert target.final() == [(1, 11)]
    assert_adds_up(target.ledger(older))


@pytest.mark.parametrize(
    "name", ["order details", 'say "hi"', "x'; DROP TABLE y; --", "100%s", "end$", "Größe", "a.b", "back\\slash"]
)
def test_a_hostile_name_is_copied_like_any_other(target: Target, name: str) -> None:
    # The stand-in's engine (not Snowflake) takes an apostrophe in a table's name for the end of a string.
    odd = Target(target.warehouse, f"{target.name} {name.replace(chr(39), '')}")
    columns = [ID, column(name, "int4"), AT]
    rules = MergeRules(columns, [ID], AT, soft_deletes=False)
    odd.make(rules)
    batch = f"b-{target.name}"
    names = ", ".join(column.identifier for column in columns).replace("%", "%%")
    odd.warehouse.execute(
        f'INSERT INTO {odd.objects.staging.replace("%", "%%")} ({names}, "_FILE", "_ROW") VALUES (%s, %s, %s, %s, 1)',
        ["1", "10", at(1), batch],
    )
    odd.record(batch, [batch], 10, 1)
    assert odd.merge(rules, batch) == "MERGED"
    assert odd.final(columns=columns[1].identifier) == [(10,)]

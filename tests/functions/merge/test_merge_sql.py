"""The merge: what one batch does to FINAL, on the warehouse stand-in through the real connector."""

import re
from typing import Any

import pytest

from functions.shared.columns import Column
from functions.shared.warehouse_sql import MergeRules, merge_statement
from tests.functions.batches import AT, COLUMNS, ID, KEYED, KEYLESS, VALUE, Target, assert_adds_up, at

SNAPSHOT: dict[str, Any] = {"strategy": "full_snapshot", "column": None, "complete": True}
SOFT = MergeRules([ID, VALUE], [ID], None, soft_deletes=True)
HARD = MergeRules([ID, VALUE], [ID], None, soft_deletes=False)
WHOLE = MergeRules([ID, VALUE], [], None, soft_deletes=False)


def without(statement: str, guard: str) -> str:
    """The statement with one guard taken out, which must be there."""
    assert statement.count(guard) == 1, statement
    return statement.replace(guard, "")


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
    unguarded = without(merge_statement(target.objects, KEYED, older), 'AND s."_VERSION" >= t."_VERSION" ')
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


def test_without_the_count_a_partial_snapshot_would_delete_the_rest(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT))
    partial = target.load([("1", "10")], version=20, exported=2, columns=HARD.columns, **SNAPSHOT)
    statement = merge_statement(target.objects, HARD, partial)
    unguarded = without(statement, "IF (loaded <> exported) THEN\n    ROLLBACK;\n    RETURN 'PARTIAL_LOAD';\n  END IF;")
    assert target.merge(HARD, partial, unguarded) == "MERGED"
    assert target.final() == [(1, 10)]


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


def test_rows_that_do_not_cast_are_quarantined_and_the_others_applied(target: Target) -> None:
    target.make(KEYED)
    batch = target.load(
        [("1", "many", at(1)), ("2", "20", at(2)), ("3", "30", "!infinity"), ("x", "y", at(3))], version=10
    )
    assert target.merge(KEYED, batch) == "MERGED"
    assert target.final() == [(2, 20)]
    assert target.quarantined() == [
        ("does not cast: VALUE ", {"ID": "1", "VALUE": "many", "AT": at(1)}),
        ("does not cast: AT ", {"ID": "3", "VALUE": "30", "AT": "!infinity"}),
        ("does not cast: ID VALUE ", {"ID": "x", "VALUE": "y", "AT": at(3)}),
    ]
    assert target.ledger(batch)["quarantined"] == 3
    assert_adds_up(target.ledger(batch))


def test_a_quarantined_row_of_a_complete_batch_does_not_delete_what_final_has_of_it(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT))
    batch = target.load([("1", "many"), ("2", "21")], version=20, columns=HARD.columns, **SNAPSHOT)
    target.merge(HARD, batch)
    assert target.final() == [(1, 10), (2, 21)]
    assert target.ledger(batch)["deleted"] == 0


def test_rows_that_a_snapshot_lacks_are_marked_and_come_back_unmarked(target: Target) -> None:
    target.make(SOFT)
    marks = '"ID", "VALUE", "IS_DELETED", "_DELETED_AT" IS NOT NULL'
    target.merge(SOFT, target.load([("1", "10"), ("2", "20")], version=10, columns=SOFT.columns, **SNAPSHOT))
    lacking = target.load([("1", "11")], version=20, columns=SOFT.columns, **SNAPSHOT)
    target.merge(SOFT, lacking)
    assert target.final(columns=marks) == [(1, 11, False, False), (2, 20, True, True)]
    assert target.ledger(lacking)["deleted"] == 1
    again = target.load([("1", "11")], version=25, columns=SOFT.columns, **SNAPSHOT)
    target.merge(SOFT, again)
    assert target.ledger(again)["deleted"] == 0
    target.merge(SOFT, target.load([("1", "11"), ("2", "22")], version=30, columns=SOFT.columns, **SNAPSHOT))
    assert target.final(columns=marks) == [(1, 11, False, False), (2, 22, False, False)]


def test_an_older_snapshot_does_not_bring_back_a_marked_row(target: Target) -> None:
    target.make(SOFT)
    older = target.load([("1", "10"), ("2", "20")], version=10, columns=SOFT.columns, **SNAPSHOT)
    first = target.load([("1", "9"), ("2", "19")], version=5, columns=SOFT.columns, **SNAPSHOT)
    newer = target.load([("1", "11")], version=20, columns=SOFT.columns, **SNAPSHOT)
    for batch in (first, newer, older):
        target.merge(SOFT, batch)
    assert target.final(columns='"ID", "VALUE", "IS_DELETED"') == [(1, 11, False), (2, 19, True)]


def test_rows_that_a_snapshot_lacks_are_deleted(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT))
    batch = target.load([], version=20, columns=HARD.columns, **SNAPSHOT)
    assert target.merge(HARD, batch) == "MERGED"
    assert target.final() == []
    assert target.ledger(batch)["deleted"] == 2


def test_an_older_snapshot_deletes_nothing_newer(target: Target) -> None:
    target.make(HARD)
    older = target.load([("1", "10")], version=10, columns=HARD.columns, **SNAPSHOT)
    newer = target.load([("1", "11"), ("2", "21")], version=20, columns=HARD.columns, **SNAPSHOT)
    for batch in (newer, older):
        target.merge(HARD, batch)
    assert target.final() == [(1, 11), (2, 21)]
    assert target.ledger(older)["deleted"] == 0


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
    statement = merge_statement(target.objects, KEYED, batch)
    guard = ' AND NOT COALESCE("AT" >= TRY_CAST(:high AS TIMESTAMP_TZ(6)), FALSE)'
    assert statement.count(guard) >= 3
    target.merge(KEYED, batch, statement.replace(guard, ""))
    assert target.final("1", f"MAX(\"AT\") >= '{at(9)}'::TIMESTAMP_TZ") == [(True,)]


def test_rows_without_a_key_are_appended_exactly_once_under_replays_and_overlaps(target: Target) -> None:
    target.make(KEYLESS)
    rows = [("1", "10", at(1)), ("1", "10", at(1)), ("2", "20", at(2))]
    first = target.load(rows, version=10)
    retried = target.load(rows, version=11)
    wider = target.load([*rows, ("3", "30", at(3)), ("3", "30", at(3))], version=20)
    assert [target.merge(KEYLESS, batch) for batch in (first, first, retried, wider, retried)] == [
        "MERGED", "ALREADY_MERGED", "MERGED", "MERGED", "ALREADY_MERGED"
    ]  # fmt: skip
    assert target.final() == [(1, 10), (1, 10), (2, 20), (3, 30), (3, 30)]
    assert [target.ledger(batch)["duplicates"] for batch in (first, retried, wider)] == [0, 3, 3]
    for batch in (first, retried, wider):
        assert_adds_up(target.ledger(batch))


def test_a_wider_window_that_was_merged_first_leaves_nothing_to_append(target: Target) -> None:
    target.make(KEYLESS)
    narrow = target.load([("1", "10", at(1))], version=10)
    wide = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=20)
    for batch in (wide, narrow):
        target.merge(KEYLESS, batch)
    assert target.final() == [(1, 10), (2, 20)]


def test_without_the_watermark_condition_an_overlap_would_double_rows(target: Target) -> None:
    target.make(KEYLESS)
    rows = [("1", "10", at(1))]
    target.merge(KEYLESS, target.load(rows, version=10))
    again = target.load(rows, version=11)
    statement = merge_statement(target.objects, KEYLESS, again)
    unguarded, found = re.subn(r'AND COALESCE\("AT" > \(SELECT MAX.*?\), TRUE\)', "", statement)
    assert found >= 2
    target.merge(KEYLESS, again, unguarded)
    assert target.final() == [(1, 10), (1, 10)]


def test_a_snapshot_without_a_key_replaces_the_table_rows_and_all(target: Target) -> None:
    target.make(WHOLE)
    first = target.load([("1", "10"), ("1", "10"), ("2", "20")], version=10, columns=WHOLE.columns, **SNAPSHOT)
    second = target.load([("1", "10"), ("3", "30")], version=20, columns=WHOLE.columns, **SNAPSHOT)
    target.merge(WHOLE, first)
    assert target.final() == [(1, 10), (1, 10), (2, 20)]
    target.merge(WHOLE, second)
    assert target.final() == [(1, 10), (3, 30)]


def test_an_older_snapshot_without_a_key_does_not_replace_a_newer_one(target: Target) -> None:
    target.make(WHOLE)
    older = target.load([("1", "10")], version=10, columns=WHOLE.columns, **SNAPSHOT)
    newer = target.load([("2", "20")], version=20, columns=WHOLE.columns, **SNAPSHOT)
    for batch in (newer, older):
        assert target.merge(WHOLE, batch) == "MERGED"
    assert target.final() == [(2, 20)]
    assert target.ledger(older)["duplicates"] == 1
    assert_adds_up(target.ledger(older))


@pytest.mark.parametrize("rules", [HARD, WHOLE], ids=["hard", "keyless"])
def test_an_older_batch_does_not_bring_back_what_a_newer_snapshot_lacked(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    older = target.load([("1", "10"), ("2", "20")], version=10, columns=rules.columns, **SNAPSHOT)
    newer = target.load([], version=20, columns=rules.columns, **SNAPSHOT)
    for batch in (newer, older):
        assert target.merge(rules, batch) == "MERGED"
    assert target.final() == []
    assert target.ledger(older)["duplicates"] == 2
    assert_adds_up(target.ledger(older))


def test_an_older_window_does_not_bring_back_what_a_full_refresh_deleted(target: Target) -> None:
    target.make(KEYED)
    older = target.load([("1", "10", at(1)), ("2", "20", at(2))], version=10)
    refresh = target.load([("1", "11", at(3))], version=20, complete=True, high=at(9))
    for batch in (refresh, older):
        target.merge(KEYED, batch)
    assert target.final() == [(1, 11)]
    assert_adds_up(target.ledger(older))


def test_without_the_guard_a_deleted_row_would_come_back(target: Target) -> None:
    target.make(HARD)
    older = target.load([("1", "10"), ("2", "20")], version=10, columns=HARD.columns, **SNAPSHOT)
    target.merge(HARD, target.load([("1", "11")], version=20, columns=HARD.columns, **SNAPSHOT))
    statement = without(merge_statement(target.objects, HARD, older), ' AND NOT (s."_VERSION" < :newest_complete)')
    target.merge(HARD, older, statement)
    assert target.final() == [(1, 11), (2, 20)]


def test_after_a_restore_new_rows_of_lower_versions_arrive(target: Target) -> None:
    target.make(HARD)
    for version, rows, reset in ((1000, [("1", "10")], False), (500, [("1", "5")], True), (510, [("2", "6")], False)):
        target.merge(HARD, target.load(rows, version=version, columns=HARD.columns, reset=reset, **SNAPSHOT))
    assert target.final() == [(2, 6)]


@pytest.mark.parametrize("rules", [HARD, WHOLE, SOFT], ids=["hard", "keyless", "soft"])
def test_after_a_restore_lower_versions_win_once_and_what_is_gone_goes(target: Target, rules: MergeRules) -> None:
    target.make(rules)
    target.merge(rules, target.load([("1", "10"), ("2", "20")], version=1000, columns=rules.columns, **SNAPSHOT))
    reset = target.load([("1", "5")], version=500, columns=rules.columns, reset=True, **SNAPSHOT)
    assert target.merge(rules, reset) == "MERGED"
    assert target.final(columns='"ID", "VALUE"')[:1] == [(1, 5)]
    alive = 'COUNT_IF(NOT "IS_DELETED")' if rules.soft_deletes else "COUNT(*)"
    assert target.final("1", alive) == [(1,)]
    assert_adds_up(target.ledger(reset))
    target.merge(rules, target.load([("1", "6")], version=510, columns=rules.columns, **SNAPSHOT))
    assert target.final()[0] == (1, 6)


def test_without_the_reset_a_restored_row_would_stay_as_it_was(target: Target) -> None:
    target.make(HARD)
    target.merge(HARD, target.load([("1", "10")], version=1000, columns=HARD.columns, **SNAPSHOT))
    target.merge(HARD, target.load([("1", "5")], version=500, columns=HARD.columns, **SNAPSHOT))
    assert target.final() == [(1, 10)]


@pytest.mark.parametrize(
    "name", ["order details", 'say "hi"', "x'; DROP TABLE y; --", "100%s", "end$", "Größe", "a.b", "back\\slash"]
)
def test_a_hostile_name_is_copied_like_any_other(target: Target, name: str) -> None:
    # The stand-in's engine (not Snowflake) takes an apostrophe in a table's name for the end of a string.
    odd = Target(target.warehouse, f"{target.name} {name.replace(chr(39), '')}")
    columns = [ID, Column(name, "int4", -1, False), AT]
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

"""Quarantined rows through the replay's own statement and the merge."""

from dataclasses import replace
from typing import Any

import pytest

from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import KEPT_CHARACTERS
from functions.shared.snowflake.statements import restage_statement
from tests.servers.functions.replay.quarantine import Quarantined, refuse_file
from tests.support.batches import AT, ID, KEYED, KEYLESS, VALUE, Refused, Target, at, column
from tests.support.gate import complaints, texts
from tests.support.guards import rendered_without

DAY = column("day", "date")
ODD = [column("a'b\\n%s"), column("Quoted \"A\" 'x'"), column("a.b[0]:c"), column("ünï ☃"), column("select")]


@pytest.fixture
def table(target: Target) -> Quarantined:
    """Row 1 is in FINAL, row 2 without its value."""
    made = Quarantined(target)
    made.make()
    ledger = made.sync([("1", "10", at(1)), ("2", "x", at(2))], 10)
    assert (ledger["merged"], ledger["quarantined"]) == (1, 1)
    return made


def test_a_row_is_held_once_its_column_can_hold_it(table: Quarantined) -> None:
    assert table.target.final() == [(1, 10), (2, None)]
    table.mend("value")
    ledger = table.replay()
    assert (ledger["merged"], ledger["quarantined"]) == (1, 0)
    assert table.target.final() == [(1, None), (2, "x")]
    assert table.open() == []
    assert table.target.staged() == 0


def test_what_still_cannot_be_held_is_listed_as_before(table: Quarantined) -> None:
    for _ in range(2):
        ledger = table.replay()
        assert (ledger["merged"], ledger["quarantined"]) == (0, 1)
        assert table.open() == [("2", 2)]
        assert table.target.final() == [(1, 10), (2, None)]


def test_without_replay_its_row_would_be_listed_beside_the_one_it_came_from(table: Quarantined) -> None:
    with rendered_without("replay-taken-for-a-run", instead="FALSE"):
        table.replay()
    assert table.open() == [("2", 2), ("2", 2)]


def test_without_replay_a_held_row_would_stay_listed(table: Quarantined) -> None:
    table.mend("value")
    with rendered_without("replay-taken-for-a-run", instead="FALSE"):
        table.replay()
    assert table.open() == [("2", 2)]


@pytest.mark.parametrize("rules", [KEYED, KEYLESS], ids=["keyed", "keyless"])
def test_every_text_comes_back_as_it_was(target: Target, rules: MergeRules) -> None:
    table = Quarantined(target, replace(rules, columns=[*rules.columns, *ODD]))
    table.make()
    texts_ = ["", 'a"b,\n\\N\r\t', "null", '{"x": [1, "ü☃😀"]}', "NULL\\"]
    table.sync([("1", "x", at(1), *texts_), ("2", "y", at(2), *[None] * len(texts_))], 10)
    table.mend("value")
    table.replay()
    names = ", ".join(column.identifier for column in [VALUE, *ODD])
    assert target.final(columns=names) == [("x", *texts_), ("y", *[None] * len(texts_))]


def test_a_row_whose_key_can_be_held_now_is_applied(target: Target) -> None:
    table = Quarantined(target, replace(KEYED, columns=[DAY, VALUE, AT], key=[DAY]))
    table.make()
    table.sync([("2026-01-01", "1", at(1)), Refused(("infinity", "2", at(2)), 1)], 10)
    assert len(target.final(order='"DAY"', columns='"DAY"')) == 1
    table.mend("day")
    table.replay()
    assert ("infinity", 2) in target.final(order='"VALUE"', columns='"DAY", "VALUE"')


@pytest.mark.parametrize("type_name", ["jsonb", "bytea"])
def test_a_text_that_casts_but_is_not_the_value_is_still_refused(target: Target, type_name: str) -> None:
    text = {"jsonb": "1" * 40, "bytea": "00" * (KEPT_CHARACTERS // 2)}[type_name]
    table = Quarantined(target, replace(KEYED, columns=[ID, column("value", type_name), AT]))
    table.make()
    table.sync([Refused(("1", text, at(1)), 2)], 10)
    assert table.replay()["quarantined"] == 1
    assert target.final() == [(1, None)]
    with rendered_without("refused-value-held-because-it-casts"):
        assert table.replay()["quarantined"] == 0


def test_a_shortened_text_is_not_the_value_and_a_whole_one_is(target: Target) -> None:
    cut, whole = "x" * KEPT_CHARACTERS, "y" * (KEPT_CHARACTERS - 1)
    table = Quarantined(target, replace(KEYED, columns=[ID, column("value", "jsonb"), AT]))
    table.make()
    table.sync([Refused(("1", cut, at(1)), 2), Refused(("2", whole, at(2)), 2)], 10)
    table.mend("value")
    ledger = table.replay()
    assert (ledger["merged"], ledger["quarantined"]) == (1, 1)
    assert target.final() == [(1, None), (2, whole)]


def test_only_the_columns_that_were_refused_are_refused_again(target: Target) -> None:
    """Names that are parts of each other, with quotes and blanks."""
    columns = [ID, *(column(name, "jsonb") for name in ("a", 'a"b', 'x "a" y', "b a")), AT]
    places = range(2, 6)
    table = Quarantined(target, replace(KEYED, columns=columns))
    table.make()
    table.sync([Refused((str(place), "1", "2", "3", "4", at(place)), place) for place in places], 10)
    assert table.replay()["quarantined"] == 4
    held = target.final(columns=", ".join(one.identifier for one in columns[1:-1]))
    assert [[value is None for value in row] for row in held] == [
        [place == refused for place in places] for refused in places
    ]


def test_an_overtaken_row_is_settled_and_final_stays(table: Quarantined) -> None:
    table.sync([("2", "20", at(3))], 20)
    table.mend("value")
    table.target.warehouse.execute(f'UPDATE {table.target.objects.final} SET "VALUE" = \'20\' WHERE "ID" = 2')
    ledger = table.replay()
    assert (ledger["merged"], ledger["duplicates"]) == (0, 1)
    assert table.target.final() == [(1, None), (2, "20")]
    assert table.open() == []


def test_a_row_that_a_complete_batch_lacked_is_settled_by_it(table: Quarantined) -> None:
    table.sync([("1", "10", at(1))], 20, complete=True, max_delete_percent=100)
    assert table.restage()["rows"] == 0


def test_a_row_deleted_while_it_is_replayed_does_not_come_back(table: Quarantined) -> None:
    table.mend("value")
    batch = table.restage()["batch"]
    table.sync([("1", "10", at(1))], 20, complete=True, max_delete_percent=100)
    assert table.target.merge(table.rules, batch) == "MERGED"
    assert table.target.ledger(batch)["duplicates"] == 1
    assert table.target.final() == [(1, "10")]
    assert table.open() == []


def test_the_newest_of_several_states_of_a_row_wins(table: Quarantined) -> None:
    table.sync([("2", "y", at(3))], 20)
    table.mend("value")
    ledger = table.replay()
    assert (ledger["exported"], ledger["merged"], ledger["duplicates"]) == (2, 1, 1)
    assert table.target.final() == [(1, None), (2, "y")]


def test_one_state_that_overlapping_batches_list_twice_is_replayed_once(table: Quarantined) -> None:
    table.sync([("2", "x", at(2))], 10)
    assert len(table.open()) == 2
    table.mend("value")
    found = table.restage()
    assert (found["rows"], found["waiting"], found["void"]) == (1, 0, 1)
    assert table.target.merge(table.rules, found["batch"]) == "MERGED"
    assert table.target.final() == [(1, None), (2, "x")]
    assert table.open() == []


def test_without_that_the_state_would_clash_with_itself_for_ever(table: Quarantined) -> None:
    table.sync([("2", "x", at(2))], 10)
    with rendered_without("state-replayed-twice"):
        found = table.restage()
    assert table.target.merge(table.rules, found["batch"]) == "DUPLICATE_KEYS"


def test_equal_rows_of_a_table_without_a_key_are_all_replayed(target: Target) -> None:
    table = Quarantined(target, KEYLESS)
    table.make()
    table.sync([("1", "x", at(1)), ("1", "x", at(1))], 10)
    assert table.restage()["rows"] == 2


@pytest.fixture
def restored(table: Quarantined) -> Quarantined:
    """The database was restored to before version 10, and reloaded."""
    table.sync([("1", "10", at(1)), ("2", "7", at(2))], 5, complete=True, reset=True)
    assert table.target.final() == [(1, 10), (2, 7)]
    return table


def test_rows_of_before_a_restore_are_struck_out(restored: Quarantined) -> None:
    found = restored.restage()
    assert (found["rows"], found["void"]) == (0, 1)
    assert restored.open() == []
    restored.sync([("2", "z", at(3))], 6)
    assert restored.open() == [("2", 1)]
    assert restored.replay()["quarantined"] == 1


def test_what_the_reload_itself_lists_is_replayed(table: Quarantined) -> None:
    table.sync([("1", "10", at(1)), ("2", "w", at(2))], 5, complete=True, reset=True)
    assert table.open() == [("2", 2), ("2", 2)]
    found = table.restage()
    assert (found["rows"], found["void"]) == (1, 1)


def test_without_that_the_abandoned_future_would_come_back(restored: Quarantined) -> None:
    restored.mend("value")
    with rendered_without("row-of-before-a-restore-replayed", instead=" AND FALSE"):
        restored.replay()
    assert restored.target.final()[1] == (2, "x")


@pytest.fixture
def future(target: Target) -> Quarantined:
    """A reload met a row that an application dates far past the fence, with a key that FINAL cannot hold."""
    table = Quarantined(target, replace(KEYED, columns=[DAY, VALUE, AT], key=[DAY]))
    table.make()
    rows = [("2026-01-01", "1", at(1)), Refused(("infinity", "2", "2099" + at(2)[4:]), 1)]
    table.sync(rows, 10, complete=True, high=at(5))
    table.mend("day")
    return table


def test_a_row_from_past_its_fence_does_not_lift_the_watermark(future: Quarantined) -> None:
    found = future.restage()
    assert (found["rows"], found["void"]) == (0, 1)
    assert len(future.target.final(order='"AT"', columns='"AT"')) == 1


def test_without_that_every_row_before_it_would_be_missed(future: Quarantined) -> None:
    with rendered_without("replayed-row-past-the-fence"):
        future.replay()
    [(highest,)] = future.target.final(order="1", columns='MAX("AT")')
    assert highest.year == 2099


def test_a_replay_that_died_before_its_merge_is_taken_up(table: Quarantined) -> None:
    died = table.restage()
    assert table.target.staged() == 1
    assert table.restage() == died
    assert table.target.staged() == 1
    assert table.replay()["exported"] == 1
    assert table.target.staged() == 0


def test_a_replay_that_died_before_the_layout_changed_is_staged_anew(table: Quarantined) -> None:
    died = table.restage()
    table.mend("value")
    assert table.replay()["merged"] == 1
    assert table.target.merge(table.rules, died["batch"]) == "PARTIAL_LOAD"
    assert table.target.final() == [(1, None), (2, "x")]


def test_without_clearing_staging_a_died_replay_would_stop_the_next_ones(table: Quarantined) -> None:
    table.restage()
    with rendered_without("row-staged-by-two-replays"):
        found = table.restage()
    assert table.target.merge(table.rules, found["batch"]) == "PARTIAL_LOAD"


def test_two_replays_at_once_are_one_batch(table: Quarantined) -> None:
    table.mend("value")
    first, second = table.restage(), table.restage()
    assert first == second
    assert table.target.merge(table.rules, first["batch"]) == "MERGED"
    assert table.target.merge(table.rules, second["batch"]) == "ALREADY_MERGED"
    assert table.target.final() == [(1, None), (2, "x")]
    assert table.open() == []


def test_nothing_in_quarantine_is_no_batch(table: Quarantined) -> None:
    table.mend("value")
    table.replay()
    found = table.restage()
    assert (found["rows"], found["waiting"], found["void"]) == (0, 0, 0)
    recorded = table.target.warehouse.rows(
        'SELECT 1 FROM "AURORA"."CONTROL"."BATCHES" WHERE "BATCH_ID" = %s', [found["batch"]]
    )
    assert not recorded


def test_a_replay_takes_so_many_rows_and_the_next_one_the_others(table: Quarantined) -> None:
    table.sync([(str(number), "x", at(number)) for number in range(3, 6)], 20)
    found = table.restage(most_rows=3)
    assert (found["rows"], found["waiting"]) == (3, 1)
    assert table.target.merge(table.rules, found["batch"]) == "MERGED"
    assert len(table.open()) == 4
    again = table.restage(most_rows=1)
    staged = table.target.warehouse.rows(f'SELECT "ID" FROM {table.target.objects.staging}')
    assert (again["rows"], again["waiting"], [row["ID"] for row in staged]) == (1, 3, ["5"])


def test_refused_files_stay_listed_through_a_replay(table: Quarantined) -> None:
    """The next run exports their rows again, a replay does not."""
    refuse_file(table)
    assert table.restage()["rows"] == 1
    table.replay()
    assert (None, 3) in table.open()
    table.sync([("3", "30", at(3))], 20)
    assert table.open() == [("2", 2)]


@pytest.fixture
def long(table: Quarantined) -> Quarantined:
    """Row 3's texts were too long to be kept."""
    table.target.warehouse.execute(
        'INSERT INTO "AURORA"."CONTROL"."QUARANTINE" '
        f"SELECT 'b', 'public.{table.target.name}', 'long.csv', 3, 11, 'cannot be held: \"VALUE\"', "
        "OBJECT_CONSTRUCT('_TOO_LONG', TRUE), CURRENT_TIMESTAMP()"
    )
    return table


def test_rows_that_are_too_long_stay_listed_and_are_told(long: Quarantined) -> None:
    found = long.restage()
    assert (found["rows"], found["waiting"], found["too_long"], found["void"]) == (1, 0, 1, 0)
    assert long.replay()["exported"] == 1
    assert (None, 3) in long.open()


@pytest.mark.parametrize(("version", "left"), [(10, 1), (11, 0)])
def test_they_leave_the_list_once_a_complete_batch_has_read_them_again(
    long: Quarantined, version: int, left: int
) -> None:
    long.sync([("3", "30", at(3))], version, complete=True, max_delete_percent=100)
    assert long.restage()["too_long"] == left


def test_other_tables_are_left_alone(table: Quarantined) -> None:
    other = Quarantined(Target(table.target.warehouse, f"{table.target.name}_other"))
    other.make()
    other.sync([("9", "x", at(1))], 10)
    table.mend("value")
    table.replay()
    assert other.open() == [("9", 1)]
    assert table.open() == []


@pytest.mark.parametrize("watermark", [AT, None], ids=["watermark", "no watermark"])
@pytest.mark.parametrize("key", [[ID], [ID, VALUE], []], ids=["key", "two keys", "no key"])
def test_the_statement_is_snowflakes(target: Target, watermark: Any, key: Any) -> None:
    columns = [*KEYED.columns, *ODD, column("j", "jsonb"), column("b", "bytea")]
    rules = MergeRules(columns, key, watermark, soft_deletes=False)
    for text in texts(restage_statement(target.objects, rules, "it's 100%\\", 9)):
        assert complaints(text) == []

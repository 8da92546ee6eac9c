"""What is open in quarantine: a file until the next merge of its table, a row until a replay settles it."""

from typing import Any

from functions.shared.snowflake.control import insert_into
from functions.shared.snowflake.statements import merge_statement
from tests.support.batches import KEYED, KEYLESS, Row, Target, assert_adds_up, at
from tests.support.guards import rendered_without


def refuse_file(target: Target, file: str) -> None:
    """As the load step lists a file that Snowpipe refused."""
    target.warehouse.execute(
        f"{insert_into('AURORA', 'QUARANTINE')} SELECT %s, %s, %s, 0, 5, %s, NULL, CURRENT_TIMESTAMP()",
        ["b0", f"public.{target.name}", file, "Snowpipe refused the file"],
    )


def replay(target: Target, rows: dict[str, list[tuple[int, Row]]], version: int, **bounds: Any) -> str:
    """Rows of quarantine put into STAGING again, under their own files and numbers, as a batch that settles them."""
    batch = f"replay-{target.name}-{version}"
    for file, numbered in rows.items():
        for number, row in numbered:
            target.stage([row], file, first=number)
    target.record(batch, list(rows), version, sum(len(numbered) for numbered in rows.values()), **bounds)
    target.warehouse.execute('UPDATE "AURORA"."CONTROL"."BATCHES" SET "REPLAY" = TRUE WHERE "BATCH_ID" = %s', [batch])
    return batch


def entries(target: Target) -> list[tuple[str, str]]:
    return [(raw["ID"], raw["VALUE"]) for _, raw in target.quarantined()]


def test_a_refused_file_is_listed_until_the_next_merge(target: Target) -> None:
    """It belongs to no batch that can be merged: the next batch exports its rows again."""
    other = Target(target.warehouse, f"{target.name}x")
    target.make(KEYED)
    for one in (target, other):
        refuse_file(one, "f")
    batch = target.load([("1", "many", at(1))], version=10)
    target.merge(KEYED, batch)
    assert [raw is None for _, raw in target.quarantined()] == [False]
    assert [raw is None for _, raw in other.quarantined()] == [True]
    assert_adds_up(target.ledger(batch))


def test_a_batch_that_is_refused_takes_nothing_out(target: Target) -> None:
    target.make(KEYED)
    refuse_file(target, "f")
    assert target.merge(KEYED, target.load([("1", "1", at(1))], version=10, exported=2)) == "PARTIAL_LOAD"
    assert target.quarantined() == [("Snowpipe refused the file", None)]


def test_a_row_stays_listed_when_other_batches_are_merged(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "many", at(1))], version=10))
    target.merge(KEYED, target.load([("2", "20", at(2))], version=20))
    assert entries(target) == [("1", "many")]


def test_a_replay_settles_what_now_casts(target: Target) -> None:
    target.make(KEYED)
    first = target.load([("1", "many", at(1)), ("2", "more", at(1)), ("3", "most", at(1))], version=10)
    target.merge(KEYED, first)
    file = f"public.{target.name}/run-{first}-0.csv"
    again = replay(target, {file: [(1, ("1", "10", at(1))), (2, ("2", "more", at(1)))]}, version=10)
    assert target.merge(KEYED, again) == "MERGED"
    assert target.final() == [(1, 10), (2, None), (3, None)]
    assert sorted(entries(target)) == [("2", "more"), ("3", "most")]
    ledger = target.ledger(again)
    assert (ledger["merged"], ledger["quarantined"]) == (1, 1)
    assert_adds_up(ledger)
    assert target.staged() == 0


def test_a_replay_of_a_row_that_was_replaced_settles_it_and_changes_nothing(target: Target) -> None:
    target.make(KEYED)
    first = target.load([("1", "many", at(1))], version=10)
    target.merge(KEYED, first)
    target.merge(KEYED, target.load([("1", "11", at(2))], version=20))
    again = replay(target, {f"public.{target.name}/run-{first}-0.csv": [(1, ("1", "10", at(1)))]}, version=10)
    assert target.merge(KEYED, again) == "MERGED"
    assert (target.final(), entries(target)) == ([(1, 11)], [])
    assert (target.ledger(again)["merged"], target.ledger(again)["duplicates"]) == (0, 1)
    assert_adds_up(target.ledger(again))


def test_a_replay_without_a_key_does_not_append_the_row_again(target: Target) -> None:
    target.make(KEYLESS)
    first = target.load([("1", "many", at(1))], version=10)
    target.merge(KEYLESS, first)
    again = replay(target, {f"public.{target.name}/run-{first}-0.csv": [(1, ("1", "10", at(1)))]}, version=10)
    assert target.merge(KEYLESS, again) == "MERGED"
    assert target.final() == [(1, 10)]
    assert_adds_up(target.ledger(again))


def test_without_the_settling_a_replay_would_list_the_row_twice(target: Target) -> None:
    target.make(KEYED)
    first = target.load([("1", "many", at(1))], version=10)
    target.merge(KEYED, first)
    again = replay(target, {f"public.{target.name}/run-{first}-0.csv": [(1, ("1", "many", at(1)))]}, version=10)
    with rendered_without("replayed-row-listed-twice"):
        unsettled = merge_statement(target.objects, KEYED, again)
    target.merge(KEYED, again, unsettled)
    assert entries(target) == [("1", "many")] * 2


def test_a_complete_batch_settles_what_older_batches_listed(target: Target) -> None:
    target.make(KEYED)
    target.merge(KEYED, target.load([("1", "many", at(1)), ("2", "20", at(2))], version=10))
    assert entries(target) == [("1", "many")]
    target.merge(KEYED, target.load([("1", "10", at(3)), ("2", "few", at(2))], version=20, complete=True))
    assert (target.final(), entries(target)) == ([(1, 10), (2, None)], [("2", "few")])

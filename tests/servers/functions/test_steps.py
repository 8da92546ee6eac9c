"""What the steps do together, without the workflow around them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.shared.ground.errors import MergeFailed, ReconciliationFailed
from functions.shared.ground.settings import settings
from tests.support.steps import Steps
from tests.support.strategies import DELETING, IN_WAVES, VARIANTS, WITH_WATERMARK

each = pytest.mark.parametrize("strategy", VARIANTS)


@pytest.fixture
def steps(owner: Any, schema: str, steps_of: Callable[[dict[str, Any]], Steps]) -> Callable[..., Steps]:
    columns = "id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), day date DEFAULT now(), pad text DEFAULT 'x'"
    owner.execute(f"CREATE TABLE {schema}.t ({columns})")

    def made(strategy: str, **spec: Any) -> Steps:
        return steps_of({"table_name": f"{schema}.t", **VARIANTS[strategy], **spec})

    return made


def fill(owner: Any, schema: str, rows: int) -> None:
    owner.execute(
        f"INSERT INTO {schema}.t SELECT n, now() - interval '1 day' + n * interval '1 s', '2026-01-01', "
        f"repeat('x', 80) FROM generate_series(1, {rows}) AS n"
    )


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """About 160 rows a slice, two slices a wave."""
    monkeypatch.setenv("SLICE_MEGABYTES", "0.02")
    monkeypatch.setenv("WAVE_SLICES", "2")
    settings.cache_clear()


@each
def test_an_empty_table_gets_its_final_and_is_then_idle_until_it_has_rows(
    steps: Any, owner: Any, schema: str, strategy: str
) -> None:
    table = steps(strategy)
    [first] = table.run()
    assert (first["exported"], first["merged"], table.final()) == (0, 0, [])
    assert table.run() == []
    fill(owner, schema, 3)
    assert [result["merged"] for result in table.run()] == [3]
    assert table.final() == [1, 2, 3]
    assert table.run() == []


@each
def test_an_empty_table_can_be_refreshed(steps: Any, strategy: str) -> None:
    """Only a run that loads clears the flag."""
    steps(strategy).run()
    [again] = steps(strategy, full_refresh=True).run()
    assert (again["merged"], again["full_refresh"]) == (0, True)


@pytest.mark.usefixtures("small_slices")
@each
def test_a_table_of_many_slices_is_copied_whole(steps: Any, owner: Any, schema: str, strategy: str) -> None:
    fill(owner, schema, 600)
    table = steps(strategy)
    waves = table.run()
    assert (len(waves) > 1) == (strategy in IN_WAVES)
    assert sum(wave["slices"] for wave in waves) >= 4
    assert sum(wave["merged"] for wave in waves) == 600
    assert table.final() == list(range(1, 601))
    assert table.run() == []


@pytest.mark.usefixtures("small_slices")
def test_a_wave_of_which_every_row_lacks_a_value_is_merged_like_any_other(steps: Any, owner: Any, schema: str) -> None:
    fill(owner, schema, 600)
    owner.execute(f"UPDATE {schema}.t SET day = 'infinity' WHERE id <= 400")
    table = steps("timestamp")
    waves = table.run()
    assert len(waves) > 1
    assert sum(wave["quarantined"] for wave in waves) == 400
    assert {column for wave in waves for column in wave["quarantined_columns"]} == {"DAY"}
    assert table.final() == list(range(1, 601))
    assert table.run() == []


BY_DAY: dict[str, Any] = {"primary_keys": ["id", "day"]}


@pytest.mark.usefixtures("small_slices")
def test_a_wave_that_is_withheld_whole_does_not_stop_the_ones_after_it(steps: Any, owner: Any, schema: str) -> None:
    fill(owner, schema, 1000)
    owner.execute(f"UPDATE {schema}.t SET day = 'infinity' WHERE id BETWEEN 200 AND 800")
    table = steps("timestamp", **BY_DAY)
    waves = table.run()
    assert waves[-1]["quarantined"] > 0
    assert table.final() == [*range(1, 200), *range(801, 1001)]


@pytest.mark.usefixtures("small_slices")
def test_a_first_wave_that_is_withheld_whole_says_where_its_rows_are(steps: Any, owner: Any, schema: str) -> None:
    fill(owner, schema, 1000)
    owner.execute(f"UPDATE {schema}.t SET day = 'infinity' WHERE id <= 800")
    with pytest.raises(ReconciliationFailed, match=r"FINAL is empty.*see CONTROL.QUARANTINE"):
        steps("timestamp", **BY_DAY).run()


@each
def test_a_column_added_while_nothing_else_changes_is_followed_at_once(
    steps: Any, owner: Any, schema: str, strategy: str
) -> None:
    fill(owner, schema, 3)
    table = steps(strategy)
    table.run()
    owner.execute(f"ALTER TABLE {schema}.t ADD COLUMN note text")
    [result] = table.run()
    assert "column 'note' is new" in result["note"]
    assert table.run() == []
    owner.execute(f"INSERT INTO {schema}.t (id, at, note) VALUES (9, now() - interval '1 minute', 'hello')")
    table.run()
    notes = table.warehouse.rows(f'SELECT "NOTE" FROM {table.objects.final} WHERE "ID" = 9')
    assert [row["NOTE"] for row in notes] == ["hello"]


@each
def test_a_table_made_anew_under_its_name_is_reloaded(steps: Any, owner: Any, schema: str, strategy: str) -> None:
    fill(owner, schema, 3)
    table = steps(strategy)
    table.run()
    owner.execute(f"CREATE TABLE {schema}.u (LIKE {schema}.t INCLUDING ALL); DROP TABLE {schema}.t")
    owner.execute(f"ALTER TABLE {schema}.u RENAME TO t; INSERT INTO {schema}.t VALUES (7, '2020-01-01', '2020-01-01')")
    [result] = table.run()
    assert "dropped and created again" in result["note"]
    alive = ' WHERE NOT "IS_DELETED"' if VARIANTS[strategy].get("deletes") == "soft" else ""
    rows = table.warehouse.rows(f'SELECT "ID" FROM {table.objects.final}{alive}')
    assert [int(row["ID"]) for row in rows] == [7]
    assert table.run() == []


@pytest.mark.parametrize("strategy", DELETING)
def test_a_table_emptied_by_accident_keeps_its_copy(steps: Any, owner: Any, schema: str, strategy: str) -> None:
    fill(owner, schema, 200)
    table = steps(strategy)
    table.run()
    owner.execute(f"TRUNCATE {schema}.t")
    with pytest.raises(MergeFailed, match=r"lacks 200 of FINAL's 200 rows, more than max_delete_percent 50"):
        table.run()
    assert len(table.final()) == 200
    [meant] = steps(strategy, max_delete_percent=100).run()
    assert meant["deleted"] == 200
    assert table.run() == []


@pytest.mark.parametrize("strategy", WITH_WATERMARK)
def test_rows_that_a_person_deletes_from_final_are_read_again_where_they_were_the_newest(
    steps: Any, owner: Any, schema: str, strategy: str
) -> None:
    fill(owner, schema, 30)
    table = steps(strategy)
    table.run()
    table.warehouse.execute(f'DELETE FROM {table.objects.final} WHERE "ID" >= 20')
    assert [result["merged"] for result in table.run()] == [11]
    assert table.final() == list(range(1, 31))
    assert table.run() == []


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], list[float]]:
    """The values of a metric that were written since the last time one was asked for."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")

    def values(name: str) -> list[float]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        return [value for line in lines for value in line.get(name, [])]

    return values


MINUTES_AGO = "INSERT INTO {}.t (id, at) VALUES ({}, now() - interval '{} minutes')"


def test_a_table_that_waited_for_longer_than_its_limit_is_stale_until_it_is_merged(
    steps: Any, owner: Any, schema: str, told: Any
) -> None:
    owner.execute(MINUTES_AGO.format(schema, 1, 90))
    table = steps("timestamp", max_staleness_minutes=30)
    table.run()
    assert told("Stale") == [0], "a first load says only what it ends with"
    owner.execute(MINUTES_AGO.format(schema, 2, 40))
    table.run()
    assert told("Stale") == [1, 0]
    owner.execute(MINUTES_AGO.format(schema, 3, 20))
    table.run()
    before, after = told("Staleness")
    assert before == pytest.approx(1200, abs=60)
    assert after < 60
    table.run()
    [idle] = told("Staleness")
    assert idle < 60


@each
def test_a_table_tells_its_staleness_after_each_run(
    steps: Any, owner: Any, schema: str, strategy: str, told: Any
) -> None:
    fill(owner, schema, 3)
    steps(strategy).run()
    assert 0 <= told("Staleness")[-1] < 60


def test_a_table_without_a_limit_is_never_stale(steps: Any, owner: Any, schema: str, told: Any) -> None:
    owner.execute(MINUTES_AGO.format(schema, 1, 90))
    steps("timestamp").run()
    assert told("Stale") == []


def test_a_sample_that_snowflake_does_not_answer_is_told_and_no_failure(
    steps: Any, owner: Any, schema: str, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(owner, schema, 3)
    monkeypatch.setattr("functions.reconcile.handler.compare_sample", lambda *_: None)
    (result,) = steps("timestamp").run()
    assert (result["merged"], result["sampled"]) == (3, 0)
    assert "no row was sampled" in result["note"]
    assert told("SamplesUnanswered") == [1]


def test_a_sample_that_differs_is_told_before_the_table_fails(
    steps: Any, owner: Any, schema: str, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(*_: Any) -> int:
        raise ReconciliationFailed("t: differs")

    fill(owner, schema, 3)
    steps("timestamp").run()
    assert told("LedgerMismatches") == [0]
    owner.execute(MINUTES_AGO.format(schema, 9, 5))
    monkeypatch.setattr("functions.reconcile.handler.compare_sample", differs)
    with pytest.raises(ReconciliationFailed):
        steps("timestamp").run()
    assert told("SampleMismatches") == [1]

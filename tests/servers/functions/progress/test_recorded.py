"""When a line of the ledger is believed, by batches merged through the product's own statements."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from functions.progress import recorded
from functions.shared.contract.spec import TableSpec, parse_spec
from functions.shared.contract.watermark import Progress
from functions.shared.snowflake.progress import read_progress
from tests.support.batches import AT, KEYED, Target, at
from tests.support.guards import module_without


@pytest.fixture
def made(target: Target) -> Target:
    target.make(KEYED)
    return target


def spec_of(target: Target, **keys: Any) -> TableSpec:
    return parse_spec({"table_name": f"public.{target.name}", "watermark_col": "at", **keys}, "test")


def found(target: Target, module: ModuleType = recorded, **keys: Any) -> Progress | None:
    specs = {"t": spec_of(target, **keys)}
    progress: dict[str, Progress] = module.read_recorded(target.warehouse, "AURORA", specs)
    return progress.get("t")


def age(target: Target, seconds: float) -> None:
    """Makes the table's lines older."""
    target.warehouse.execute(
        f'UPDATE "AURORA"."CONTROL"."LEDGER" SET "MERGED_AT" = DATEADD(\'second\', -{seconds}, "MERGED_AT") '
        f"WHERE \"TABLE_NAME\" = 'public.{target.name}'"
    )


def test_a_table_without_final_or_without_a_line_is_to_ask(target: Target) -> None:
    assert found(target) is None
    target.make(KEYED)
    assert found(target) is None


def test_what_the_ledger_says_is_what_final_says(made: Target) -> None:
    made.merge(KEYED, made.load_slices([([("1", "1", at(1))], 10), ([("2", "1", at(7))], 12)]))
    by_final = read_progress(made.warehouse, made.objects, AT)
    assert found(made) == by_final
    assert (by_final.low, by_final.version) == (at(7), 12)
    made.merge(KEYED, made.load([("3", "1", at(5))], version=20, low=at(7), high=at(9)))
    assert found(made) == read_progress(made.warehouse, made.objects, AT)
    made.merge(KEYED, made.load([], version=30, low=at(7), high=at(9)))
    assert found(made) == read_progress(made.warehouse, made.objects, AT)


def test_an_empty_final_is_known_to_be_empty(made: Target) -> None:
    made.merge(KEYED, made.load([], version=10))
    assert found(made) == Progress() == read_progress(made.warehouse, made.objects, AT)


def test_after_a_restore_the_versions_are_those_of_after_it(made: Target) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1))], version=1000))
    made.merge(KEYED, made.load([("1", "2", at(1))], version=500, complete=True, reset=True, high=at(9)))
    progress = found(made)
    assert progress == read_progress(made.warehouse, made.objects, AT)
    assert progress is not None
    assert progress.version == 500


def test_a_row_that_was_made_void_does_not_raise_the_watermark(made: Target) -> None:
    """The older batch comes last, and its row is not in FINAL: rows below it may be missing there."""
    made.merge(KEYED, made.load([("1", "1", at(5))], version=20))
    made.merge(KEYED, made.load([("1", "0", at(8))], version=10, low=at(3), high=at(9)))
    assert read_progress(made.warehouse, made.objects, AT).low == at(5)
    progress = found(made)
    assert progress is not None
    assert progress.low == at(3)


def test_another_watermark_or_another_type_is_to_ask(made: Target) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1))], version=10))
    assert found(made, watermark_col="seen") is None
    assert found(made, watermark_type="xmin", watermark_col=None) is None
    made.merge(KEYED, made.load([("2", "1", at(2))], version=20, low="2026-01-01T00:00:01.000000", high=at(9)))
    assert found(made) is None


def test_a_line_of_an_earlier_release_is_not_believed(made: Target) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1))], version=10))
    for column in ("FINAL_VERSION", "FINAL_ROWS"):
        made.warehouse.execute(
            f'UPDATE "AURORA"."CONTROL"."LEDGER" SET "{column}" = NULL WHERE "TABLE_NAME" = \'public.{made.name}\''
        )
        assert found(made) is None


def test_rows_that_are_gone_from_final_are_noticed(made: Target) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1)), ("2", "1", at(2))], version=10))
    made.warehouse.execute(f'DELETE FROM {made.objects.final} WHERE "ID" = 2')
    assert found(made) is None
    blind = found(made, module_without("rows-gone-from-final-not-noticed", "True"))
    assert blind is not None
    assert blind.low == at(2)
    assert read_progress(made.warehouse, made.objects, AT).low == at(1)


def test_a_change_of_final_that_keeps_its_rows_is_noticed(made: Target) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1)), ("2", "1", at(2))], version=10))
    age(made, 61)
    made.warehouse.execute(f"UPDATE {made.objects.final} SET \"AT\" = '{at(0)}'")
    assert found(made) is None
    blind = found(made, module_without("change-of-final-not-noticed", "True"))
    assert blind is not None
    assert blind.low == at(2)
    assert read_progress(made.warehouse, made.objects, AT).low == at(0)


def test_a_line_is_believed_as_long_as_its_commit_may_take(made: Target) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1))], version=10))
    age(made, recorded._COMMITTED_WITHIN / timedelta(seconds=1) - 20)
    assert found(made) is not None
    age(made, 21)
    assert found(made) is None


def test_a_thousand_tables_are_two_statements(made: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    made.merge(KEYED, made.load([("1", "1", at(1))], version=10))
    sent: list[str] = []
    rows = made.warehouse.rows

    def counted(query: str, values: Any = ()) -> Any:
        sent.append(query)
        return rows(query, values)

    monkeypatch.setattr(made.warehouse, "rows", counted)
    odd = {
        f"n{number}": parse_spec({"table_name": f"public.it's \\{number} 100%s", "watermark_type": "xmin"}, "test")
        for number in range(1000)
    }
    progress = recorded.read_recorded(made.warehouse, "AURORA", {**odd, "t": spec_of(made)})
    assert progress.keys() == {"t"}
    assert len(sent) == 2
    assert max(map(len, sent)) < 1_000_000

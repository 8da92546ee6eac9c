"""What FINAL has, and whether a table's objects are all there."""

import pytest

from functions.schema.final import final_columns, is_whole
from tests.support.batches import KEYED, Target


def test_finals_columns_are_told_without_the_lengths_that_every_text_has(target: Target) -> None:
    target.warehouse.execute(
        f"CREATE TABLE {target.objects.final} "
        '("A" VARCHAR, "B" BINARY, "C" NUMBER(10,2), "D" TIMESTAMP_TZ(6), "E" VARIANT)'
    )
    assert final_columns(target.warehouse, target.objects) == {
        "A": "VARCHAR", "B": "BINARY", "C": "NUMBER(10,2)", "D": "TIMESTAMP_TZ(6)", "E": "VARIANT"
    }  # fmt: skip


def test_a_final_that_is_not_there_has_no_columns(target: Target) -> None:
    assert final_columns(target.warehouse, target.objects) is None


@pytest.mark.parametrize("dropped", ["TABLE {0.staging}", "VIEW {0.typed}", "PIPE {pipe}"])
def test_what_a_person_dropped_is_noticed(target: Target, dropped: str) -> None:
    target.make(KEYED)
    assert is_whole(target.warehouse, target.objects, target.objects.pipe(1))
    target.warehouse.execute("DROP " + dropped.format(target.objects, pipe=target.objects.pipe(1)))
    assert not is_whole(target.warehouse, target.objects, target.objects.pipe(1))

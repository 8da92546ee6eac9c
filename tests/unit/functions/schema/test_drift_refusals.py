"""What FINAL cannot follow: refused with the statement that makes way for it."""

from dataclasses import replace

import pytest

from functions.schema.drift import find_drift
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.snowflake.objects import TableObjects
from tests.support.batches import column
from tests.unit.functions.schema.sides import AMOUNT, COLUMNS, ID, NOTE, drift_of, numeric, sides


@pytest.mark.parametrize(
    ("changed", "held", "needed"),
    [
        (column("amount", "int2", number=2, label="smallint"), "NUMBER(10,0)", "NUMBER(5,0)"),
        (column("amount", "text", number=2), "NUMBER(10,0)", "VARCHAR"),
        (column("amount", "float8", number=2, label="double precision"), "NUMBER(10,0)", "FLOAT"),
        (numeric("amount", 12, 2, number=2), "NUMBER(10,0)", "NUMBER(12,2)"),
        (column("amount", "int4", number=2, label="integer", unrepresentable="text"), "NUMBER(10,0)", "VARCHAR"),
    ],
    ids=lambda value: value.type.label if isinstance(value, Column) else None,
)
def test_a_type_that_final_cannot_follow_is_refused_with_the_statement_to_run(
    changed: Column, held: str, needed: str
) -> None:
    drift = drift_of([ID, changed, NOTE])
    assert drift.refusals == [
        f"column 'amount' is {held} in FINAL, and as {changed.type.label} it must be {needed}: to make it again, run "
        'ALTER TABLE "AURORA"."FINAL"."PUBLIC__ORDERS" RENAME COLUMN "AMOUNT" TO "AMOUNT__V4"'
    ]


@pytest.mark.parametrize(("key", "said"), [([], "none"), ([ID, AMOUNT], "(id, amount)"), ([AMOUNT], "(amount)")])
def test_another_key_needs_another_final(key: list[Column], said: str) -> None:
    drift = drift_of(COLUMNS, key=key)
    assert drift.refusals == [
        f"its key was (id) and is now {said}: to have FINAL made again and reloaded, run "
        'ALTER TABLE "AURORA"."FINAL"."PUBLIC__ORDERS" RENAME TO "AURORA"."FINAL"."PUBLIC__ORDERS__V4"'
    ]


def test_other_deletes_need_another_final() -> None:
    [said] = drift_of(COLUMNS, soft_deletes=True).refusals
    assert said.startswith("soft deletes were off and are now on: to have FINAL made again")
    [both] = drift_of(COLUMNS, soft_deletes=True, key=[]).refusals
    assert both.startswith("its key was (id) and is now none and soft deletes were off and are now on: ")


def test_the_former_final_of_a_table_with_an_odd_name_has_a_name_of_its_own() -> None:
    odd = TableObjects("AURORA", SourceTable("public", 'Order "x"'))
    [said] = find_drift(replace(sides(COLUMNS, key=[]), objects=odd), ignore_new=False).refusals
    assert f"ALTER TABLE {odd.final} RENAME TO " in said
    assert said.endswith('"AURORA"."FINAL"."PUBLIC__Order ""x""__v4"')

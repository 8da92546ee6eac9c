"""A column's type in FINAL and the cast to it. What Aurora writes into the file is tested in test_export_text.py."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.columns import Column


def numeric(precision: int, scale: int) -> Column:
    return Column("n", "numeric", ((precision << 16) | (scale & 0x7FF)) + 4, False)


@pytest.mark.parametrize(
    ("type_name", "target"),
    [
        ("int2", "NUMBER(5,0)"),
        ("int4", "NUMBER(10,0)"),
        ("int8", "NUMBER(19,0)"),
        ("float4", "FLOAT"),
        ("float8", "FLOAT"),
        ("bool", "BOOLEAN"),
        ("bytea", "BINARY"),
        ("date", "DATE"),
        ("time", "TIME(6)"),
        ("timestamp", "TIMESTAMP_NTZ(6)"),
        ("timestamptz", "TIMESTAMP_TZ(6)"),
        ("json", "VARIANT"),
        ("jsonb", "VARIANT"),
        *((kind, "VARCHAR") for kind in ("text", "varchar", "bpchar", "uuid", "interval", "timetz", "money", "mood")),
    ],
)
def test_each_type_has_the_snowflake_type_that_loses_nothing(type_name: str, target: str) -> None:
    assert Column("c", type_name, -1, False).target_type == target


def test_an_array_of_any_type_is_a_variant() -> None:
    assert Column("c", "_int4", -1, False, is_array=True).target_type == "VARIANT"


@pytest.mark.parametrize(
    ("precision", "scale", "target"),
    [
        (10, 2, "NUMBER(10,2)"),
        (38, 38, "NUMBER(38,38)"),
        (38, 0, "NUMBER(38,0)"),
        (39, 0, "VARCHAR"),
        (1000, 10, "VARCHAR"),
        (3, -2, "VARCHAR"),
        (2, 5, "VARCHAR"),
        (38, -1000, "VARCHAR"),
        (1, 1000, "VARCHAR"),
    ],
)
def test_a_numeric_that_no_number_holds_stays_text(precision: int, scale: int, target: str) -> None:
    assert numeric(precision, scale).target_type == target


def test_a_numeric_without_precision_stays_text() -> None:
    assert Column("n", "numeric", -1, False).target_type == "VARCHAR"


@given(st.integers(1, 1000), st.integers(-1000, 1000))
def test_every_number_type_has_room_for_every_value_of_the_column(precision: int, scale: int) -> None:
    kind = numeric(precision, scale).target_type
    assert kind == (f"NUMBER({precision},{scale})" if 0 <= scale <= precision <= 38 else "VARCHAR")


@pytest.mark.parametrize(
    ("column", "cast"),
    [
        (Column("c", "text", -1, False), "x"),
        (Column("c", "jsonb", -1, False), "TRY_PARSE_JSON(x)"),
        (Column("c", "_text", -1, False, is_array=True), "TRY_PARSE_JSON(x)"),
        (Column("c", "bytea", -1, False), "TRY_TO_BINARY(x, 'HEX')"),
        (Column("c", "timestamptz", -1, False), "TRY_CAST(x AS TIMESTAMP_TZ(6))"),
        (numeric(10, 2), "TRY_CAST(x AS NUMBER(10,2))"),
    ],
)
def test_a_cast_never_fails_the_whole_batch(column: Column, cast: str) -> None:
    assert column.cast("x") == cast


def test_a_column_travels_through_the_workflow_as_json() -> None:
    column = Column('a"b', "_text", 17, True, True)
    assert Column.from_json(json.loads(json.dumps(column.to_json()))) == column


def test_names_fold_as_tables_do() -> None:
    assert Column("updated_at", "text", -1, False).identifier == '"UPDATED_AT"'
    assert Column('a"); DROP TABLE x; --', "text", -1, False).identifier == '"a""); DROP TABLE x; --"'

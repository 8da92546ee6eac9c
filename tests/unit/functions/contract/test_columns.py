"""A column on its way: its names, its casts, and how it travels. Which type holds what is in test_types.py."""

import json

import pytest

from functions.shared.contract.columns import Column
from functions.shared.contract.types import SourceType
from tests.support.batches import column

NUMERIC = column("n", "numeric", modifier=(10 << 16 | 2) + 4)


@pytest.mark.parametrize(
    ("made", "cast"),
    [
        (column("c"), "x"),
        (column("c", "jsonb"), "TRY_PARSE_JSON(x)"),
        (column("c", is_array=True), "TRY_PARSE_JSON(x)"),
        (column("c", "bytea"), "TRY_TO_BINARY(x, 'HEX')"),
        (column("c", "timestamptz"), "TRY_CAST(x AS TIMESTAMP_TZ(6))"),
        (NUMERIC, "TRY_CAST(x AS NUMBER(10,2))"),
    ],
)
def test_a_cast_never_fails_the_whole_batch(made: Column, cast: str) -> None:
    assert made.cast("x") == cast


def test_json_is_compared_by_its_text_and_all_else_as_it_is() -> None:
    assert column("c", "jsonb").comparable("x") == "TO_JSON(x)"
    assert column("c", "float8").comparable("x") == "x"


@pytest.mark.parametrize(
    "made",
    [
        column('a"b', "text", True, is_array=True, modifier=17, label="text[]", number=9),
        column("gone", "int4", dropped=True),
        column("c", "mood", kind="enum", unrepresentable="fail"),
        NUMERIC,
    ],
)
def test_a_column_travels_through_the_workflow_as_json(made: Column) -> None:
    assert Column.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_names_fold_as_tables_do() -> None:
    assert column("updated_at").identifier == '"UPDATED_AT"'
    assert column('a"); DROP TABLE x; --').identifier == '"a""); DROP TABLE x; --"'


def test_the_policy_text_makes_text_of_every_type() -> None:
    assert column("c", "timestamptz", unrepresentable="text").target_type == "VARCHAR"
    shape = column("c", "geometry", kind="extension", unrepresentable="text")
    assert (shape.supported, shape.target_type, shape.flagged, shape.casts) == (True, "VARCHAR", True, False)


@pytest.mark.parametrize("policy", ["quarantine", "fail"])
def test_without_it_a_type_that_is_not_known_has_no_rule(policy: str) -> None:
    shape = column("c", "geometry", kind="extension", unrepresentable=policy)
    assert not shape.supported
    with pytest.raises(KeyError, match="geometry"):
        _ = shape.rule


@pytest.mark.parametrize(
    ("made", "flagged", "casts"),
    [
        (column("c", "int4"), False, True),
        (column("c", "uuid"), False, False),
        (column("c", "text"), True, False),
        (column("c", "date"), True, True),
    ],
)
def test_what_may_be_refused_is_known_by_type(made: Column, flagged: bool, casts: bool) -> None:
    assert (made.flagged, made.casts) == (flagged, casts)


def test_a_dropped_column_keeps_its_type_and_is_exported_as_nothing() -> None:
    gone = column("c", "date", dropped=True)
    assert gone.target_type == "DATE"
    assert (gone.exported.text, gone.exported.always_holds) == ("NULL::text", True)


def test_a_cast_in_aurora_names_an_arrays_element() -> None:
    assert column("c", "int4", is_array=True, label="integer[]").type_name == "integer[]"
    assert Column("c", SourceType("timestamptz", "timestamp with time zone"), True, 1).type_name == "timestamptz"

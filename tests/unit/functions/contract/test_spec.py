"""One table's specification: what is accepted, and the one sentence for each thing that is not."""

from typing import Any

import pytest

from functions.shared.contract.names import SourceTable
from functions.shared.contract.spec import parse_spec
from functions.shared.contract.state import Table
from functions.shared.contract.traits import STRATEGIES
from functions.shared.ground.errors import InvalidConfiguration

BASE = {"table_name": "public.orders", "watermark_col": "updated_at"}
COMPOSITE = {"table_name": "public.orders", "watermark_type": "composite"}
SNAPSHOT = {"table_name": "public.orders", "watermark_type": "full_snapshot"}

BAD = [
    ({**BASE, "watermark_colum": "x"}, ["unknown key 'watermark_colum'", "did you mean 'watermark_col'?"]),
    ({**BASE, "zzz": 1}, ["unknown key 'zzz'", "allowed keys: ", "watermark_type"]),
    ({**BASE, "primarykeys": ["id"]}, ["unknown key 'primarykeys'", "did you mean 'primary_keys'?"]),
    ({**BASE, "watermark_type": "timestmp"}, ["watermark_type 'timestmp'", "allowed values: ", *STRATEGIES]),
    ({**BASE, "watermark_type": None}, ["watermark_type None", "allowed values"]),
    ({"table_name": "public.orders"}, ["watermark_col is missing", "timestamp"]),
    ({"table_name": "public.orders", "watermark_type": "integer"}, ["watermark_col is missing", "integer"]),
    ({**BASE, "watermark_col": ""}, ["watermark_col ''", "at least 1 character"]),
    ({**BASE, "watermark_col": 5}, ["watermark_col 5", "valid string"]),
    ({**BASE, "watermark_col": ["a"]}, ["watermark_col ['a']", "valid string"]),
    ({**BASE, "watermark_type": "integer", "watermark_cols": ["id"]}, ["watermark_cols belongs to", "watermark_col"]),
    (COMPOSITE, ["watermark_cols is missing", "needs two or more different columns", '["updated_at", "id"]']),
    ({**COMPOSITE, "watermark_cols": ["updated_at"]}, ["watermark_cols needs two or more", "watermark_type timestamp"]),
    ({**COMPOSITE, "watermark_cols": "updated_at"}, ["watermark_cols needs two or more"]),
    ({**COMPOSITE, "watermark_cols": ["id", "id"]}, ["watermark_cols needs two or more different columns"]),
    ({**COMPOSITE, "watermark_cols": ["at", 1]}, ["watermark_cols 1", "valid string"]),
    ({**COMPOSITE, "watermark_cols": ["at", ""]}, ["watermark_cols ''", "at least 1 character"]),
    ({**COMPOSITE, "watermark_cols": {"a": 1}}, ["watermark_cols {'a': 1}", "valid list"]),
    ({**COMPOSITE, "watermark_cols": ["at", "id"], "watermark_col": "at"}, ["watermark_col belongs to"]),
    ({**SNAPSHOT, "watermark_col": "at"}, ["no meaning for watermark_type full_snapshot", "remove"]),
    ({**BASE, "watermark_type": "xmin"}, ["no meaning for watermark_type xmin", "remove"]),
    ({**SNAPSHOT, "watermark_timezone": "UTC"}, ["belongs to watermark_type timestamp or composite", "remove"]),
    ({**BASE, "watermark_type": "integer", "watermark_timezone": "UTC"}, ["no meaning for watermark_type integer"]),
    ({**BASE, "deletes": "soft"}, ["deletes belongs to watermark_type full_snapshot", "remove it"]),
    ({**SNAPSHOT, "deletes": "maybe"}, ["deletes 'maybe'", "'soft' or 'hard'"]),
    ({**BASE, "max_staleness_minutes": 0}, ["max_staleness_minutes 0", "greater than or equal to 1"]),
    ({**BASE, "primary_keys": ["id"], "primary_key": "id"}, ["primary_key are both given", "keep one"]),
    ({**BASE, "primary_keys": ["id", "id"]}, ["primary_keys names a column twice"]),
    ({**BASE, "primary_keys": 7}, ["primary_keys 7", "valid list"]),
    ({**BASE, "primary_keys": [None]}, ["primary_keys None", "valid string"]),
    ({**BASE, "max_delete_percent": 101}, ["max_delete_percent 101", "less than or equal to 100"]),
    ({**BASE, "max_delete_percent": -1}, ["max_delete_percent -1", "greater than or equal to 0"]),
    ({**BASE, "max_delete_percent": "50"}, ["max_delete_percent '50'", "valid integer"]),
    ({**BASE, "schema_changes": "follow"}, ["schema_changes 'follow'", "'evolve', 'freeze' or 'ignore'"]),
    ({**BASE, "merge_by": "pipe"}, ["merge_by 'pipe'", "'query' or 'task'"]),
    ({**BASE, "warehouse": "my big"}, ["warehouse 'my big'", "without quotes"]),
    ({**BASE, "warehouse": "A$$B"}, ["warehouse 'A$$B'", "without quotes"]),
    ({**BASE, "warehouse": "W", "merge_by": "task"}, ["warehouse has no meaning for merge_by task", "remove one"]),
    ({**BASE, "on_unrepresentable": "drop"}, ["on_unrepresentable 'drop'", "'quarantine', 'text' or 'fail'"]),
    ({**BASE, "on_unrepresentable": {"a": "drop"}}, ["on_unrepresentable", "'quarantine', 'text' or 'fail'"]),
    ({**BASE, "on_unrepresentable": {"updated_at": "text"}}, ["on_unrepresentable cannot be text", "'updated_at'"]),
    ({**BASE, "full_refresh": "yes"}, ["full_refresh 'yes'", "valid boolean"]),
    ({**BASE, "full_refresh": 1}, ["full_refresh 1", "valid boolean"]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "said"), BAD)
def test_what_is_wrong_is_said_in_one_sentence_naming_table_key_and_remedy(raw: Any, said: list[str]) -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        parse_spec(raw, "/sync/tables[0]")
    message = str(raised.value)
    assert message.startswith("public.orders: ")
    assert "\n" not in message
    assert "pydantic" not in message
    for words in said:
        assert words in message


def test_several_faults_are_told_together() -> None:
    raw = {**BASE, "watermark_type": "nope", "full_refresh": "x", "zzz": 1}
    with pytest.raises(InvalidConfiguration) as raised:
        parse_spec(raw, "p")
    assert all(key in str(raised.value) for key in ("watermark_type", "full_refresh", "zzz"))


@pytest.mark.parametrize("raw", ["public.orders", 5, None, ["public.orders"]])
def test_a_specification_that_is_no_object_is_named_by_its_place(raw: Any) -> None:
    with pytest.raises(InvalidConfiguration, match=r"^/sync/tables\[0\]: a table specification is a JSON object"):
        parse_spec(raw, "/sync/tables[0]")


@pytest.mark.parametrize(("raw", "said"), [({}, "table_name is missing"), ({"table_name": ""}, "at least 1 character"),
                                           ({"table_name": 3}, "valid string")])  # fmt: skip
def test_a_missing_table_name_is_told_by_the_place(raw: Any, said: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"^/sync/tables\[0\]: ") as raised:
        parse_spec({"watermark_col": "x", **raw}, "/sync/tables[0]")
    assert "table_name" in str(raised.value)
    assert said in str(raised.value)


def test_an_impossible_table_name_is_refused_with_the_specification() -> None:
    with pytest.raises(InvalidConfiguration, match=r"table_name"):
        parse_spec({**BASE, "table_name": "public.a$$b"}, "p")


def test_the_default_strategy_is_timestamp_with_soft_deletes_unset() -> None:
    spec = parse_spec(BASE, "p")
    assert (spec.watermark_type, spec.watermarks, spec.keys, spec.full_refresh) == (
        "timestamp",
        ["updated_at"],
        [],
        False,
    )
    assert spec.source == SourceTable("public", "orders")


@pytest.mark.parametrize("key", ["primary_key", "primary_keys"])
@pytest.mark.parametrize("value", ["id", ["id"]])
def test_one_key_column_may_be_written_with_or_without_brackets(key: str, value: Any) -> None:
    assert parse_spec({**BASE, key: value}, "p").keys == ["id"]


def test_by_default_schemas_are_followed_values_quarantined_and_the_function_merges() -> None:
    spec = parse_spec(BASE, "p")
    assert (spec.schema_changes, spec.unrepresentable("note"), spec.merge_by) == ("evolve", "quarantine", "query")


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        ("fail", {"note": "fail", "updated_at": "fail"}),
        ("text", {"note": "text", "updated_at": "quarantine"}),
        ({"note": "text"}, {"note": "text", "other": "quarantine"}),
        ({"note": "text", "*": "fail"}, {"note": "text", "other": "fail", "updated_at": "fail"}),
        ({"*": "text"}, {"note": "text", "updated_at": "quarantine"}),
        ({}, {"note": "quarantine"}),
    ],
)
def test_a_column_has_its_own_policy_or_that_of_the_others(policies: Any, found: dict[str, str]) -> None:
    """A watermark is never text: its highest text is not its highest value."""
    spec = parse_spec({**BASE, "on_unrepresentable": policies}, "p")
    assert {column: spec.unrepresentable(column) for column in found} == found


def test_composite_leads_with_its_first_column() -> None:
    spec = parse_spec({**COMPOSITE, "watermark_cols": ["updated_at", "id"]}, "p")
    assert spec.watermarks == ["updated_at", "id"]


@pytest.mark.parametrize("raw", [{**SNAPSHOT, "deletes": "hard"}, {**BASE, "watermark_timezone": "UTC"},
                                 {**BASE, "watermark_type": "integer"},
                                 {"table_name": "public.orders", "watermark_type": "xmin"}])  # fmt: skip
def test_meaningful_combinations_are_accepted(raw: dict[str, Any]) -> None:
    assert parse_spec(raw, "p").model_dump(exclude_unset=True) == raw


def test_an_item_with_a_problem_ends_with_the_sentence_that_config_wrote() -> None:
    with pytest.raises(InvalidConfiguration, match=r"^public.orders: broken; mend it$"):
        Table(table_name="public.orders", problem="public.orders: broken; mend it").specification()


def test_an_item_without_a_problem_is_its_specification() -> None:
    table = Table(table_name="public.orders", spec=BASE, digest="d")
    assert table.specification() == parse_spec(BASE, "p")


def test_a_warehouse_is_named_as_snowflake_reads_it() -> None:
    assert parse_spec({**BASE, "warehouse": "merge_Big$1"}, "p").warehouse == "MERGE_BIG$1"
    assert parse_spec(BASE, "p").warehouse is None

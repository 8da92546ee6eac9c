"""All specifications of a deployment: one broken entry never hides another."""

import json
from typing import Any

import pytest

from functions.shared.contract.specifications import Entry, Parameter, collect, select
from functions.shared.ground.errors import InvalidConfiguration

ORDERS = {"table_name": "public.orders", "watermark_col": "updated_at"}
ITEMS = {"table_name": "public.items", "watermark_type": "xmin"}


def listed(value: Any) -> Parameter:
    return Parameter("/sync/tables", value if isinstance(value, str) else json.dumps(value), 1)


def own(table: str, value: Any) -> Parameter:
    return Parameter(f"/sync/tables/{table}", value if isinstance(value, str) else json.dumps(value), 1)


def gathered(*parameters: Parameter) -> dict[str, Entry]:
    return {entry.label: entry for entry in collect(parameters, "/sync")}


@pytest.mark.parametrize("value", [[ORDERS, ITEMS], {"tables": [ORDERS, ITEMS]}])
def test_the_list_is_read_in_both_of_its_forms(value: Any) -> None:
    entries = gathered(listed(value))
    assert {label: (entry.raw, entry.problem) for label, entry in entries.items()} == {
        "public.orders": (ORDERS, None),
        "public.items": (ITEMS, None),
    }


def test_a_tables_own_parameter_is_enough_and_names_it() -> None:
    entry = gathered(own("public.orders", {"watermark_col": "updated_at"}))["public.orders"]
    assert (entry.raw, entry.problem) == (ORDERS, None)


def test_the_keys_of_the_own_parameter_win_over_the_list() -> None:
    entry = gathered(listed([ORDERS, ITEMS]), own("public.orders", {"full_refresh": True, "watermark_col": "at"}))
    assert entry["public.orders"].raw == {**ORDERS, "full_refresh": True, "watermark_col": "at"}
    assert entry["public.items"].raw == ITEMS


def test_the_own_parameter_wins_whichever_is_read_first() -> None:
    flag = own("public.orders", {"full_refresh": True})
    assert gathered(flag, listed([ORDERS])).keys() == gathered(listed([ORDERS]), flag).keys() == {"public.orders"}
    assert gathered(flag, listed([ORDERS]))["public.orders"].raw["full_refresh"] is True


def test_every_edit_changes_the_digest_and_only_that_tables() -> None:
    before = gathered(listed([ORDERS, ITEMS]))
    after = gathered(listed([{**ORDERS, "full_refresh": True}, ITEMS]))
    assert before["public.orders"].digest != after["public.orders"].digest
    assert before["public.items"].digest == after["public.items"].digest


@pytest.mark.parametrize(
    "second", [ORDERS, {**ORDERS, "table_name": "orders"}, {**ORDERS, "table_name": '"public"."orders"'}]
)
def test_two_specifications_of_one_table_stop_that_table_only(second: Any) -> None:
    entries = gathered(listed([ORDERS, second, ITEMS]))
    assert "two specifications" in str(entries["public.orders"].problem)
    assert "keep one" in str(entries["public.orders"].problem)
    assert entries["public.items"].problem is None
    assert len(entries) == 2


def test_tables_whose_names_differ_only_by_where_the_dot_is_are_two() -> None:
    names = ['"a.b"."c"', '"a"."b.c"']
    entries = gathered(listed([{**ORDERS, "table_name": name} for name in names]))
    assert [entries[name].problem for name in names] == [None, None]


def test_a_list_that_does_not_parse_stops_only_the_list() -> None:
    entries = gathered(listed('[{"table_name": "public.orders",}]'), own("public.items", ITEMS))
    assert entries["public.items"].problem is None
    problem = str(entries["/sync/tables"].problem)
    assert problem.startswith("/sync/tables: is not valid JSON")
    assert "line 1, column" in problem


def test_an_own_parameter_that_does_not_parse_stops_only_its_table() -> None:
    entries = gathered(listed([ORDERS, ITEMS]), own("public.orders", "{nope"))
    assert "/sync/tables/public.orders: is not valid JSON" in str(entries["public.orders"].problem)
    assert entries["public.items"].problem is None
    assert len(entries) == 2


@pytest.mark.parametrize("value", [{"table": []}, "5", '"text"', {"tables": {"a": 1}}, "null"])
def test_a_list_parameter_that_holds_no_list_says_what_to_write(value: Any) -> None:
    entry = gathered(listed(value))["/sync/tables"]
    assert '{"tables": [...]}' in str(entry.problem)


@pytest.mark.parametrize("raw", ["public.orders", {"watermark_col": "x"}, {"table_name": 5}, None, {"table_name": ""}])
def test_an_element_without_a_name_is_told_by_its_place_beside_the_others(raw: Any) -> None:
    entries = gathered(listed([ORDERS, raw]))
    assert entries["public.orders"].problem is None
    assert str(entries["/sync/tables[1]"].problem).startswith("/sync/tables[1]: table_name is missing")


def test_an_own_parameter_about_another_table_is_refused() -> None:
    entry = gathered(own("public.orders", {**ITEMS}))["public.orders"]
    assert "make the two agree" in str(entry.problem)
    assert "public.items" in str(entry.problem)


def test_an_own_parameter_may_spell_its_table_in_quotes() -> None:
    entry = gathered(own("public.orders", {**ORDERS, "table_name": '"public"."orders"'}))
    assert [value.problem for value in entry.values()] == [None]


def test_an_invalid_specification_is_told_beside_valid_ones() -> None:
    entries = gathered(listed([{**ORDERS, "watermark_type": "nope"}, ITEMS]))
    assert "watermark_type 'nope'" in str(entries["public.orders"].problem)
    assert entries["public.items"].problem is None


def test_two_tables_with_one_name_in_snowflake_are_told_apart_before_they_meet() -> None:
    one, other = {**ITEMS, "table_name": "a.b__c"}, {**ITEMS, "table_name": "a__b.c"}
    entries = gathered(listed([one, other, ORDERS]))
    assert entries["a.b__c"].problem is None
    assert "same name in Snowflake as a.b__c" in str(entries["a__b.c"].problem)
    assert entries["public.orders"].problem is None


def test_an_item_carries_the_specification_or_the_problem() -> None:
    entries = gathered(listed([ORDERS, {**ITEMS, "x": 1}]))
    assert entries["public.orders"].to_table().model_dump() == {
        "table_name": "public.orders",
        "spec": ORDERS,
        "digest": entries["public.orders"].digest,
    }
    assert entries["public.items"].to_table().model_dump().keys() == {"table_name", "problem"}


def entries_of(*parameters: Parameter) -> list[Entry]:
    return collect(parameters, "/sync")


def test_no_names_select_all() -> None:
    entries = entries_of(listed([ORDERS, ITEMS]))
    assert select(entries, None) == entries


@pytest.mark.parametrize("name", ["public.items", "items", '"public"."items"', '"items"'])
def test_a_table_is_selected_by_any_way_to_write_its_name(name: str) -> None:
    assert [entry.label for entry in select(entries_of(listed([ORDERS, ITEMS])), [name])] == ["public.items"]


def test_a_table_named_twice_runs_once() -> None:
    assert [e.label for e in select(entries_of(listed([ORDERS])), ["public.orders", "orders"])] == ["public.orders"]


def test_a_broken_list_can_be_run_again_by_its_parameter_once_mended() -> None:
    broken = select(entries_of(listed("[")), ["/sync/tables"])
    assert [entry.label for entry in broken] == ["/sync/tables"]
    mended = select(entries_of(listed([ORDERS, ITEMS])), ["/sync/tables"])
    assert [entry.label for entry in mended] == ["public.orders", "public.items"]


def test_a_nameless_element_can_be_run_again_by_its_place_once_mended() -> None:
    assert select(entries_of(listed([ORDERS, {}])), ["/sync/tables[1]"])[0].problem is not None
    mended = select(entries_of(listed([ORDERS, ITEMS])), ["/sync/tables[1]"])
    assert [(entry.label, entry.problem) for entry in mended] == [("public.items", None)]


def test_an_unknown_name_fails_as_a_table_of_its_own_with_a_suggestion() -> None:
    chosen = select(entries_of(listed([ORDERS, ITEMS])), ["public.order", "public.items"])
    assert [entry.label for entry in chosen] == ["public.order", "public.items"]
    assert chosen[0].problem == "public.order: table_name is not configured; did you mean public.orders?"
    assert chosen[1].problem is None


def test_an_unknown_name_like_no_other_lists_what_there_is() -> None:
    chosen = select(entries_of(listed([ORDERS, ITEMS])), ["zzz"])
    assert "configured are public.orders, public.items" in str(chosen[0].problem)
    assert "no tables" in str(select([], ["zzz"])[0].problem)


@pytest.mark.parametrize("names", ["public.orders", [], {}, [1], [None], 0, [["public.orders"]]])
def test_an_input_that_is_no_list_of_names_is_refused(names: Any) -> None:
    with pytest.raises(InvalidConfiguration, match=r'write \{"tables": \["public.orders"\]\}, or \{\} for all'):
        select(entries_of(listed([ORDERS])), names)

"""The columns that a table's objects were made for, against those that Aurora has now."""

from typing import Any

import pytest

from functions.schema.registry import refuse_drift, refuse_unusable_names
from functions.shared.columns import Column
from functions.shared.errors import InvalidConfiguration, SchemaMismatch
from functions.shared.registry import read_rules, record_rules
from functions.shared.warehouse_sql import MergeRules
from tests.functions.batches import KEYED, Target


def column(name: str, type_name: str = "text", **more: Any) -> Column:
    return Column(name, type_name, -1, **{"not_null": False, **more})


def ruled(columns: list[Column], keyed: bool = True, soft_deletes: bool = False) -> MergeRules:
    return MergeRules(columns, columns[:1] if keyed else [], None, soft_deletes)


def test_a_new_table_has_no_columns_yet(target: Target) -> None:
    assert read_rules(target.warehouse, target.objects) is None


def test_the_columns_recorded_last_are_read_back(target: Target) -> None:
    odd = [
        column('a"); DROP TABLE x; --'),
        column("100%s"),
        column("back\\slash"),
        column("Größe", "_text", is_array=True),
    ]
    rules = ruled(odd)
    record_rules(target.warehouse, target.objects, 1, KEYED)
    record_rules(target.warehouse, target.objects, 2, rules)
    assert read_rules(target.warehouse, target.objects) == rules


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([], "has no columns"),
        ([column("total"), column("TOTAL")], "two columns are both called TOTAL"),
        ([column("_version")], "'_version' has a name that the sync itself uses; rename it in Aurora"),
        ([column("_FILE")], "the sync itself uses"),
        ([column("a$$b")], "cannot be synced"),
        ([column("a\nb")], "cannot be synced"),
    ],
)
def test_names_that_cannot_be_used_are_refused(columns: list[Column], said: str) -> None:
    with pytest.raises(InvalidConfiguration, match=rf"^public.t: .*{said}".replace("$", r"\$")):
        refuse_unusable_names("public.t", columns, soft_deletes=False)


def test_the_marks_of_soft_deletes_are_taken_only_with_them() -> None:
    refuse_unusable_names("public.t", [column("is_deleted")], soft_deletes=False)
    with pytest.raises(InvalidConfiguration, match=r"set deletes to hard, or rename it"):
        refuse_unusable_names("public.t", [column("is_deleted")], soft_deletes=True)


@pytest.mark.parametrize("name", ['a"); DROP TABLE x; --', "100%s", "with space", "Größe", "select", "end$"])
def test_odd_names_are_usable(name: str) -> None:
    refuse_unusable_names("public.t", [column(name)], soft_deletes=True)


def test_the_same_columns_in_another_order_are_no_drift() -> None:
    refuse_drift("public.t", ruled([column("a"), column("b")]), ruled([column("b"), column("a", not_null=True)]))


def test_what_changed_is_named_column_by_column() -> None:
    known = [column("a"), column("b", "int4"), column("c")]
    with pytest.raises(SchemaMismatch) as raised:
        refuse_drift("public.t", ruled(known), ruled([column("a"), column("b", "int8"), column("d")]))
    message = str(raised.value)
    assert message.startswith("public.t: ")
    for said in ("'d' is new", "'c' is gone", "'b' was NUMBER(10,0) and is now NUMBER(19,0)", "drop the FINAL table"):
        assert said in message
    assert "'a'" not in message


def test_a_wider_text_is_no_drift() -> None:
    refuse_drift("public.t", ruled([Column("a", "varchar", 14, False)]), ruled([Column("a", "text", -1, False)]))


@pytest.mark.parametrize(
    ("known", "present", "said"),
    [
        ({"keyed": False}, {}, "it had no key and now has one"),
        ({}, {"keyed": False}, "it had a key and now has none"),
        ({}, {"soft_deletes": True}, "soft deletes were off and are now on"),
        ({"soft_deletes": True}, {}, "soft deletes were on and are now off"),
    ],
)
def test_rules_that_need_other_columns_in_final_are_refused(
    known: dict[str, bool], present: dict[str, bool], said: str
) -> None:
    refuse_drift("public.t", ruled([column("a")], **known), ruled([column("a")], **known))
    with pytest.raises(SchemaMismatch, match=rf"^public.t: .*{said}.*drop the FINAL table"):
        refuse_drift("public.t", ruled([column("a")], **known), ruled([column("a")], **present))

"""What FINAL has, what a table's objects were made for, and columns that can have no place there."""

import pytest

from functions.schema.final import final_columns, is_whole, refuse_unknown_types, refuse_unusable_names
from functions.shared.contract.columns import Column
from functions.shared.contract.rules import MergeRules
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.snowflake.tables import read_rules, record_rules
from tests.support.batches import KEYED, Target, column


def ruled(columns: list[Column], keyed: bool = True, soft_deletes: bool = False) -> MergeRules:
    return MergeRules(columns, columns[:1] if keyed else [], None, soft_deletes)


def test_a_new_table_has_no_columns_yet(target: Target) -> None:
    assert read_rules(target.warehouse, target.objects) is None


def test_the_columns_recorded_last_are_read_back(target: Target) -> None:
    odd = [
        column('a"); DROP TABLE x; --'),
        column("100%s"),
        column("back\\slash"),
        column("Größe", "text", is_array=True),
    ]
    rules = ruled(odd)
    record_rules(target.warehouse, target.objects, 1, KEYED, [])
    record_rules(target.warehouse, target.objects, 2, rules, ["column 'b' is new"])
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


def test_types_that_no_rule_knows_are_refused_with_the_policy_that_takes_their_text() -> None:
    odd = column("shape", "geometry", kind="extension", label="geometry(Point,4326)")
    with pytest.raises(
        InvalidConfiguration, match=r"^public.t: .*'shape' is geometry\(Point,4326\).*{\"shape\": \"text\"}"
    ):
        refuse_unknown_types("public.t", [column("id", "int8"), odd])
    refuse_unknown_types("public.t", [column("shape", "geometry", kind="extension", unrepresentable="text")])


def test_finals_columns_are_told_without_the_lengths_that_every_text_has(target: Target) -> None:
    target.warehouse.execute(
        f"CREATE TABLE {target.objects.final} "
        '("A" VARCHAR, "B" BINARY, "C" NUMBER(10,2), "D" TIMESTAMP_TZ(6), "E" VARIANT)'
    )
    assert final_columns(target.warehouse, target.objects) == {
        "A": "VARCHAR", "B": "BINARY", "C": "NUMBER(10,2)", "D": "TIMESTAMP_TZ(6)", "E": "VARIANT"
    }  # fmt: skip


@pytest.mark.parametrize("dropped", ["TABLE {0.staging}", "VIEW {0.typed}", "PIPE {0.staging}"])
def test_what_a_person_dropped_is_noticed(target: Target, dropped: str) -> None:
    target.make(KEYED)
    assert is_whole(target.warehouse, target.objects)
    target.warehouse.execute("DROP " + dropped.format(target.objects))
    assert not is_whole(target.warehouse, target.objects)

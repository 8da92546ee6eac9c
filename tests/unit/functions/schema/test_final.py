"""Columns that can have no place in FINAL."""

import pytest

from functions.schema.final import refuse_unknown_types, refuse_unusable_names
from functions.shared.contract.columns import Column
from functions.shared.ground.errors import InvalidConfiguration
from tests.support.batches import column


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

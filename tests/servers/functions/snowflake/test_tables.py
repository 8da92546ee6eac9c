"""What a table's objects were made for, as Snowflake keeps it."""

from functions.shared.contract.columns import Column
from functions.shared.contract.rules import MergeRules
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

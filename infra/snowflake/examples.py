"""Two Aurora tables whose Snowflake objects show all that the sync makes per table."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType


@dataclass(frozen=True)
class ExampleTable:
    """A table, one row of it as texts in column order, and what a later version of its schema adds and widens."""

    source: SourceTable
    rules: MergeRules
    row: Sequence[str | None]
    added: Column
    widened: Sequence[Column]


def _numeric(precision: int, scale: int) -> SourceType:
    return SourceType("numeric", f"numeric({precision},{scale})", modifier=(precision << 16 | scale) + 4)


_ORDERS = [
    (Column("region", SourceType("text", "text"), True, 1), "eu"),
    (Column("id", SourceType("int8", "bigint"), True, 2), "42"),
    (Column("line_count", SourceType("int2", "smallint"), False, 3), "3"),
    (Column("customer_id", SourceType("int4", "integer"), False, 4), "7"),
    (Column("total", _numeric(12, 2), False, 5, "fail"), "19.90"),
    (Column("any_number", SourceType("numeric", "numeric"), False, 6), "1e40"),
    (Column("weight", SourceType("float8", "double precision"), False, 7), "0.5"),
    (Column("is_paid", SourceType("bool", "boolean"), False, 8), "true"),
    (Column("signature", SourceType("bytea", "bytea"), False, 9), "00ff"),
    (Column("due_on", SourceType("date", "date"), False, 10), "2025-01-31"),
    (Column("due_at", SourceType("time", "time without time zone"), False, 11), "12:30:00"),
    (Column("entered_at", SourceType("timestamp", "timestamp without time zone"), False, 12), None),
    (
        Column("updated_at", SourceType("timestamptz", "timestamp with time zone"), False, 13),
        "2025-01-31T12:30:00.000000+00:00",
    ),
    (Column("details", SourceType("jsonb", "jsonb"), False, 14), '{"gift": true}'),
    (Column("tags", SourceType("text", "text[]", is_array=True), False, 15), '["new"]'),
    (Column("valid_until", SourceType("date", "date"), False, 16, "text"), "infinity"),
    (Column("former", SourceType("text", "text"), False, 17, dropped=True), None),
]
_EVENTS = [
    (Column("at", SourceType("timestamptz", "timestamp with time zone"), True, 1), "2025-01-31T12:30:00.000000+00:00"),
    (Column("payload", SourceType("json", "json"), False, 2), "{}"),
    (Column("Source System", SourceType("text", "text"), False, 3), "shop"),
]


def _columns(table: Sequence[tuple[Column, str | None]]) -> list[Column]:
    return [column for column, _ in table]


EXAMPLES = {
    "every type, a composite key, soft deletes": ExampleTable(
        SourceTable("public", "example_orders"),
        MergeRules(_columns(_ORDERS), _columns(_ORDERS)[:2], None, soft_deletes=True),
        [text for _, text in _ORDERS],
        Column("note", SourceType("text", "text"), False, 18),
        [Column("customer_id", SourceType("int8", "bigint"), False, 4)],
    ),
    "no key, a timestamp watermark": ExampleTable(
        SourceTable("public", "example_events"),
        MergeRules(_columns(_EVENTS), [], _EVENTS[0][0], soft_deletes=False),
        [text for _, text in _EVENTS],
        Column("severity", SourceType("int2", "smallint"), False, 4),
        [],
    ),
}

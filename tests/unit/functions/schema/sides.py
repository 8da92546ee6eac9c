"""Two versions of a table's columns, and FINAL as it was made for the first, compared."""

from collections.abc import Sequence
from typing import Any

from functions.schema.drift import Drift, Sides, find_drift
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.objects import TableObjects
from tests.support.batches import column

OBJECTS = TableObjects("AURORA", SourceTable("public", "orders"))
ID = column("id", "int8", True, number=1, label="bigint")
AMOUNT = column("amount", "int4", number=2, label="integer")
NOTE = column("note", number=3)
COLUMNS = [ID, AMOUNT, NOTE]
WHOLE = {"ID": "NUMBER(19,0)", "AMOUNT": "NUMBER(10,0)", "NOTE": "VARCHAR", "_VERSION": "NUMBER(20,0)"}


def numeric(name: str, precision: int, scale: int, **more: Any) -> Column:
    label = f"numeric({precision},{scale})"
    return column(name, "numeric", modifier=(precision << 16 | scale & 0x7FF) + 4, label=label, **more)


def sides(present: Sequence[Column], known: Sequence[Column] = tuple(COLUMNS), **more: Any) -> Sides:
    """`more` are fields of Sides, or of the present rules (key, soft_deletes)."""
    ruled: dict[str, Any] = {"key": [ID], "watermark": None, "soft_deletes": False}
    ruled |= {name: more.pop(name) for name in ("key", "soft_deletes") if name in more}
    before = MergeRules(known, [ID], None, soft_deletes=False, schema_version=4, since=2)
    now = MergeRules(present, **ruled)
    given: dict[str, Any] = {"final": WHOLE, **more}
    return Sides(OBJECTS, before, now, **given)


def drift_of(present: Sequence[Column], ignore_new: bool = False, **more: Any) -> Drift:
    return find_drift(sides(present, **more), ignore_new)

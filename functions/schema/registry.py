"""The columns that a table's Snowflake objects were made for, against those that Aurora has now."""

import json
from collections import Counter
from collections.abc import Sequence

from functions.shared.columns import Column
from functions.shared.errors import InvalidConfiguration, SchemaMismatch
from functions.shared.naming import literal, quote
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import MergeRules, TableObjects

_OWN = {"_FILE", "_ROW", "_SCANNED_AT", "_VERSION", "_BATCH_ID", "_REJECTED", "_RAW", "_RANK", "_SYNCED_AT"}
_SOFT_DELETES = {"IS_DELETED", "_DELETED_AT"}


def read_rules(warehouse: Warehouse, objects: TableObjects) -> MergeRules | None:
    """The columns and rules that the objects were last made for, None for a new table."""
    rows = warehouse.rows(
        f'SELECT "RULES" FROM {quote(objects.database)}."CONTROL"."TABLES" '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} ORDER BY "CREATED_AT" DESC LIMIT 1'
    )
    return MergeRules.from_json(json.loads(rows[0]["RULES"])) if rows else None


def record_rules(warehouse: Warehouse, objects: TableObjects, oid: int, rules: MergeRules) -> None:
    """Remembers what the objects were made for."""
    warehouse.execute(
        f'INSERT INTO {quote(objects.database)}."CONTROL"."TABLES" '
        '("TABLE_NAME", "SOURCE_OID", "RULES", "CREATED_AT") '
        "SELECT %s, %s, %s, CURRENT_TIMESTAMP()",
        [str(objects.source), oid, json.dumps(rules.to_json())],
    )


def refuse_unusable_names(table: str, columns: Sequence[Column], soft_deletes: bool) -> None:
    """Raises InvalidConfiguration for names that collide in Snowflake, with each other or with the sync's own."""
    if not columns:
        raise InvalidConfiguration(f"{table}: has no columns; there is nothing to copy")
    own = _OWN | _SOFT_DELETES if soft_deletes else _OWN
    counts = Counter(column.target_name for column in columns)
    for column in columns:
        name = column.target_name
        if counts[name] > 1:
            raise InvalidConfiguration(
                f"{table}: two columns are both called {name} in Snowflake, {column.name!r} is one; rename one of them"
            )
        if name in own:
            remedy = "set deletes to hard, or rename it" if name in _SOFT_DELETES else "rename it in Aurora"
            raise InvalidConfiguration(
                f"{table}: column {column.name!r} has a name that the sync itself uses; {remedy}"
            )
        if "$$" in name or any(ord(char) < 32 for char in name):
            raise InvalidConfiguration(f"{table}: column {column.name!r} has a name that cannot be synced; rename it")


def refuse_drift(table: str, known: MergeRules, present: MergeRules) -> None:
    """Raises SchemaMismatch naming what changed since the objects were made and they have no columns for."""
    before = {column.name: column for column in known.columns}
    after = {column.name: column for column in present.columns}
    changes = [f"{name!r} is new" for name in after if name not in before]
    changes += [f"{name!r} is gone" for name in before if name not in after]
    changes += [
        f"{name!r} was {before[name].target_type} and is now {column.target_type}"
        for name, column in after.items()
        if name in before and before[name].target_type != column.target_type
    ]
    if bool(known.key) != bool(present.key):
        changes.append("it had no key and now has one" if present.key else "it had a key and now has none")
    elif known.soft_deletes != present.soft_deletes:
        changes.append(f"soft deletes were {_on(known.soft_deletes)} and are now {_on(present.soft_deletes)}")
    if changes:
        raise SchemaMismatch(
            f"{table}: it changed since its Snowflake tables were made: {', '.join(changes)}; "
            "undo the change, or drop the FINAL table: the next run makes it anew and reloads it"
        )


def _on(switch: bool) -> str:
    return "on" if switch else "off"

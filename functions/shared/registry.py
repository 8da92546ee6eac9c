"""What a table's Snowflake objects were last made for."""

import json
from collections.abc import Sequence

from functions.shared.naming import literal, quote
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import MergeRules, TableObjects


def read_rules(warehouse: Warehouse, objects: TableObjects) -> MergeRules | None:
    """The columns and rules that the objects were last made for, None for a new table."""
    rows = warehouse.rows(
        f'SELECT "RULES" FROM {quote(objects.database)}."CONTROL"."TABLES" '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} ORDER BY "CREATED_AT" DESC LIMIT 1'
    )
    return MergeRules.from_json(json.loads(rows[0]["RULES"])) if rows else None


def record_rules(
    warehouse: Warehouse, objects: TableObjects, oid: int, rules: MergeRules, changes: Sequence[str]
) -> None:
    """Remembers what the objects were made for, and what had changed."""
    warehouse.execute(
        f'INSERT INTO {quote(objects.database)}."CONTROL"."TABLES" '
        '("TABLE_NAME", "SCHEMA_VERSION", "SOURCE_OID", "RULES", "CHANGES", "CREATED_AT") '
        "SELECT %s, %s, %s, %s, %s, CURRENT_TIMESTAMP()",
        [str(objects.source), rules.version, oid, json.dumps(rules.to_json()), "; ".join(changes)],
    )

"""CONTROL.TABLES: the rules that a table's Snowflake objects were last made for."""

import json
from collections.abc import Sequence

from functions.shared.contract.names import literal
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession


def read_rules(snowflake: SnowflakeSession, objects: TableObjects) -> MergeRules | None:
    """The columns and rules that the objects were last made for, None for a new table."""
    rows = snowflake.rows(
        f'SELECT "RULES" FROM {control_table(objects.database, "TABLES")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} ORDER BY "CREATED_AT" DESC LIMIT 1'
    )
    return MergeRules.from_json(json.loads(rows[0]["RULES"])) if rows else None


def record_rules(
    snowflake: SnowflakeSession, objects: TableObjects, oid: int, rules: MergeRules, changes: Sequence[str]
) -> None:
    """Records the rules that the objects were made for, and what had changed."""
    snowflake.execute(
        f"{insert_into(objects.database, 'TABLES')} SELECT %s, %s, %s, %s, %s, CURRENT_TIMESTAMP()",
        [str(objects.source), rules.schema_version, oid, json.dumps(rules.to_json()), "; ".join(changes)],
    )

"""STAGING: the tables that hold rows, and the removal of rows that no merge will ask for."""

from functions.maintain.moments import Moments
from functions.maintain.statements import staging_statement
from functions.shared.contract.names import SourceTable, quote
from functions.shared.snowflake.control import control_table
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession


def tables_with_rows(snowflake: SnowflakeSession, database: str) -> list[TableObjects]:
    """The tables that were ever synced and have rows in STAGING; most have none."""
    filled = {
        row["TABLE_NAME"]
        for row in snowflake.rows(
            f"SELECT TABLE_NAME FROM {quote(database)}.INFORMATION_SCHEMA.TABLES "
            "WHERE TABLE_SCHEMA = 'STAGING' AND ROW_COUNT > 0"
        )
    }
    recorded = snowflake.rows(f'SELECT DISTINCT "TABLE_NAME" FROM {control_table(database, "TABLES")} ORDER BY 1')
    known = [TableObjects(database, SourceTable.parse(row["TABLE_NAME"])) for row in recorded]
    return [objects for objects in known if objects.source.object_name in filled]


def remove_rows(snowflake: SnowflakeSession, objects: TableObjects, moments: Moments) -> int:
    """Removes them from one table; returns how many."""
    [deleted] = snowflake.rows(staging_statement(objects, moments))
    return int(next(iter(deleted.values())))

"""Pipes of former layouts: a table's own run drops them too, but an idle table has none."""

from collections import defaultdict
from datetime import datetime, timedelta

from functions.shared.contract.names import SourceTable
from functions.shared.ground.settings import settings
from functions.shared.snowflake.control import control_table
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.pipes import Pipe, read_all_pipes, superseded
from functions.shared.snowflake.session import SnowflakeSession


def superseded_pipes(snowflake: SnowflakeSession, database: str, now: datetime) -> list[tuple[TableObjects, Pipe]]:
    """The pipes that may go, each with its table's objects; those of tables that were never recorded stay."""
    by_table: dict[str, list[Pipe]] = defaultdict(list)
    for pipe in read_all_pipes(snowflake, database):
        by_table[pipe.table].append(pipe)
    load_timeout = timedelta(seconds=settings().load_timeout_seconds)
    found = []
    for table, layout in _layouts(snowflake, database).items():
        objects = TableObjects(database, SourceTable.parse(table))
        pipes = by_table[objects.source.object_name]
        found += [(objects, pipe) for pipe in superseded(pipes, layout, now, load_timeout)]
    return found


def drop(snowflake: SnowflakeSession, objects: TableObjects, pipe: Pipe) -> None:
    """Drops one of them."""
    snowflake.execute(f"DROP PIPE IF EXISTS {objects.pipe(pipe.layout)}")


def _layouts(snowflake: SnowflakeSession, database: str) -> dict[str, int]:
    """The layout of each table's files now."""
    rows = snowflake.rows(
        'SELECT "TABLE_NAME", COALESCE(PARSE_JSON("RULES")[\'layout\']::NUMBER, 0) AS "LAYOUT" '
        f"FROM {control_table(database, 'TABLES')} "
        'QUALIFY ROW_NUMBER() OVER (PARTITION BY "TABLE_NAME" ORDER BY "CREATED_AT" DESC) = 1'
    )
    return {row["TABLE_NAME"]: int(row["LAYOUT"]) for row in rows}

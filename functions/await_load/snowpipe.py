"""What Snowflake knows of a batch's files, and telling its pipe of them once more."""

import json
from os.path import commonprefix
from typing import Any

from functions.shared.naming import literal, quote
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import TableObjects

RUNNING = "RUNNING"
_REFUSED = ("Load failed", "Partially loaded")


def refusals(target: Warehouse, objects: TableObjects, files: list[str]) -> list[dict[str, Any]]:
    """COPY_HISTORY's rows of those files that Snowpipe did not load whole."""
    rows = target.rows(
        "SELECT FILE_NAME, STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE "
        f"FROM TABLE({quote(objects.database)}.INFORMATION_SCHEMA.COPY_HISTORY("
        f"TABLE_NAME => {literal(objects.staging)}, START_TIME => DATEADD(day, -1, CURRENT_TIMESTAMP()))) "
        f"WHERE FILE_NAME IN ({_listed(files)})"
    )
    return [row for row in rows if row["STATUS"] in _REFUSED]


def staged(target: Warehouse, objects: TableObjects, files: list[str]) -> int:
    """How many rows of the files STAGING holds."""
    query = f'SELECT COUNT(*) AS "ROWS" FROM {objects.staging} WHERE "_FILE" IN ({_listed(files)})'
    return int(target.rows(query)[0]["ROWS"])


def pipe_state(target: Warehouse, objects: TableObjects) -> str:
    """The pipe's executionState: RUNNING, PAUSED or what stopped it."""
    status = target.rows(f'SELECT SYSTEM$PIPE_STATUS({literal(objects.staging)}) AS "STATUS"')[0]["STATUS"]
    return str(json.loads(status)["executionState"])


def refresh(target: Warehouse, objects: TableObjects, files: list[str]) -> None:
    """Sends the pipe the files as their events would have; Snowpipe skips those that it has loaded."""
    prefix = commonprefix(files)  # noqa: RUF071 -- S3 compares keys by character, not by path
    prefix = prefix.removeprefix(f"{objects.source.folder}/")
    target.execute(f"ALTER PIPE {objects.staging} REFRESH PREFIX = {literal(prefix)}")


def _listed(files: list[str]) -> str:
    return ", ".join(literal(name) for name in files)

"""The state of a batch's files in Snowflake, and the refresh of their pipe."""

import json
from dataclasses import dataclass

from functions.shared.contract.batch import Batch
from functions.shared.contract.names import literal, quote
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession

RUNNING = "RUNNING"
_BASE_NAME = "SPLIT_PART(FILE_NAME, '/', -1)"
_REFUSED = ("Load failed", "Partially loaded")


@dataclass(frozen=True)
class Refusal:
    """A file that Snowpipe did not load whole; `line` is that of its first error, 0 where COPY_HISTORY names none."""

    file: str
    line: int
    error: str


def refusals(snowflake: SnowflakeSession, objects: TableObjects, files: list[str]) -> list[Refusal]:
    """The files among these that Snowpipe refused, by COPY_HISTORY, each once.

    It names a file relative to its pipe's location, so files are compared by what follows the last slash, which is
    unique.
    """
    whole = {name.rpartition("/")[2]: name for name in files}
    rows = snowflake.rows(
        f'SELECT {_BASE_NAME} AS "FILE", STATUS, FIRST_ERROR_LINE_NUMBER, FIRST_ERROR_MESSAGE '
        f"FROM TABLE({quote(objects.database)}.INFORMATION_SCHEMA.COPY_HISTORY("
        f"TABLE_NAME => {literal(objects.staging)}, START_TIME => DATEADD(day, -1, CURRENT_TIMESTAMP()))) "
        f"WHERE {_BASE_NAME} IN ({_listed(list(whole))})"
    )
    found = {row["FILE"]: row for row in rows if row["STATUS"] in _REFUSED}
    return [
        Refusal(whole[name], int(row["FIRST_ERROR_LINE_NUMBER"] or 0), row["FIRST_ERROR_MESSAGE"] or row["STATUS"])
        for name, row in found.items()
    ]


def list_refused(snowflake: SnowflakeSession, objects: TableObjects, batch: Batch, refused: list[Refusal]) -> None:
    """Lists the files in quarantine until the table's next merge; a second call changes nothing."""
    versions = {file.name: file.version for file in batch.files}
    values = ", ".join(
        f"({literal(one.file)}, {one.line:d}, {versions[one.file]:d}, {literal(one.error)})" for one in refused
    )
    table = literal(str(objects.source))
    snowflake.execute(
        f"{insert_into(objects.database, 'QUARANTINE')} "
        f"SELECT {literal(batch.id)}, {table}, COLUMN1, COLUMN2, COLUMN3, COLUMN4, NULL, CURRENT_TIMESTAMP() "
        f'FROM VALUES {values} WHERE COLUMN1 NOT IN (SELECT "FILE_NAME" '
        f'FROM {control_table(objects.database, "QUARANTINE")} WHERE "TABLE_NAME" = {table} AND "RAW" IS NULL)'
    )


def staged(snowflake: SnowflakeSession, objects: TableObjects, files: list[str]) -> int:
    """How many rows of the files STAGING holds."""
    query = f'SELECT COUNT(*) AS "ROWS" FROM {objects.staging} WHERE "_FILE" IN ({_listed(files)})'
    return int(snowflake.rows(query)[0]["ROWS"])


def pipe_state(snowflake: SnowflakeSession, objects: TableObjects) -> str:
    """The pipe's executionState: RUNNING, PAUSED or what stopped it."""
    status = snowflake.rows(f'SELECT SYSTEM$PIPE_STATUS({literal(objects.staging)}) AS "STATUS"')[0]["STATUS"]
    return str(json.loads(status)["executionState"])


def refresh(snowflake: SnowflakeSession, objects: TableObjects, files: list[str]) -> list[str]:
    """Refreshes the pipe with those of the files that STAGING lacks; returns them.

    One refresh per file: a recreated pipe has lost its load history, so a common prefix would load other batches' files
    again.
    """
    query = f'SELECT DISTINCT "_FILE" AS "FILE" FROM {objects.staging} WHERE "_FILE" IN ({_listed(files)})'
    loaded = {row["FILE"] for row in snowflake.rows(query)}
    lacking = [name for name in files if name not in loaded]
    for name in lacking:
        prefix = name.removeprefix(f"{objects.source.folder}/")
        snowflake.execute(f"ALTER PIPE {objects.staging} REFRESH PREFIX = {literal(prefix)}")
    return lacking


def _listed(files: list[str]) -> str:
    return ", ".join(literal(name) for name in files)

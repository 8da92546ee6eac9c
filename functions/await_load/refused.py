"""The files of a batch that Snowpipe refused."""

import re
from dataclasses import dataclass

from functions.await_load.snowpipe import listed
from functions.shared.contract.batch import Batch
from functions.shared.contract.names import literal, quote
from functions.shared.ground.errors import LoadFailed
from functions.shared.ground.observability import count
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession

_BASE_NAME = "SPLIT_PART(FILE_NAME, '/', -1)"
# The values of rows, and whatever lies between two of them.
_QUOTED = re.compile("'.*'", re.DOTALL)
_REFUSED = ("Load failed", "Partially loaded")


@dataclass(frozen=True)
class Refusal:
    """A file that Snowpipe did not load whole; `line` is that of its first error, 0 where COPY_HISTORY names none."""

    file: str
    line: int
    error: str


def fail_if_refused(snowflake: SnowflakeSession, objects: TableObjects, batch: Batch) -> None:
    """Raises LoadFailed where Snowpipe refused files of the batch, after listing them in quarantine."""
    refused = _refusals(snowflake, objects, batch.names)
    if refused:
        _list(snowflake, objects, batch, refused)
        count("FilesRefused", len(refused))
        error = _QUOTED.sub("'…'", refused[0].error)
        raise LoadFailed(
            f"{objects.source}: Snowpipe refused {len(refused)} of {len(batch.files)} files; {refused[0].file}: "
            f"{error}; mend the cause (CONTROL.QUARANTINE has the whole text) and re-run the table"
        )


def _refusals(snowflake: SnowflakeSession, objects: TableObjects, files: list[str]) -> list[Refusal]:
    """The files among these that Snowpipe refused, by COPY_HISTORY, each once.

    It names a file relative to its pipe's location, so files are compared by what follows the last slash, which is
    unique.
    """
    whole = {name.rpartition("/")[2]: name for name in files}
    rows = snowflake.rows(
        f'SELECT {_BASE_NAME} AS "FILE", STATUS, FIRST_ERROR_LINE_NUMBER, FIRST_ERROR_MESSAGE '
        f"FROM TABLE({quote(objects.database)}.INFORMATION_SCHEMA.COPY_HISTORY("
        f"TABLE_NAME => {literal(objects.staging)}, START_TIME => DATEADD(day, -1, CURRENT_TIMESTAMP()))) "
        f"WHERE {_BASE_NAME} IN ({listed(list(whole))})"
    )
    found = {row["FILE"]: row for row in rows if row["STATUS"] in _REFUSED}
    return [
        Refusal(whole[name], int(row["FIRST_ERROR_LINE_NUMBER"] or 0), row["FIRST_ERROR_MESSAGE"] or row["STATUS"])
        for name, row in found.items()
    ]


def _list(snowflake: SnowflakeSession, objects: TableObjects, batch: Batch, refused: list[Refusal]) -> None:
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

"""Puts quarantined rows back into STAGING as one recorded batch."""

import json
from dataclasses import dataclass

from functions.shared.contract.batch import Batch, ExportedFile
from functions.shared.contract.names import literal
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.control import control_table
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from functions.shared.snowflake.statements import restage_statement

_MOST_ROWS = 100_000


@dataclass(frozen=True)
class Restaged:
    """`rows` are in STAGING again as batch `batch_id`, `waiting` are left for another replay, `too_long` were shortened
    in quarantine and cannot be replayed, and `void` entries were removed because their rows were read again."""

    batch_id: str
    rows: int
    waiting: int
    too_long: int
    void: int

    @property
    def note(self) -> str:
        """A sentence about the rows that are not in the batch; empty where there are none."""
        parts = {
            f"{self.waiting} rows wait in quarantine for another replay": self.waiting,
            f"{self.too_long} rows are too long to be kept in quarantine: set full_refresh to true for one run, which "
            "reads them again": self.too_long,
            f"{self.void} entries were struck out, for their rows were read again since": self.void,
        }
        return "; ".join(part for part, rows in parts.items() if rows)


def restage(snowflake: SnowflakeSession, objects: TableObjects, rules: MergeRules, execution: str) -> Restaged:
    """Stages and records the table's quarantine; until that is merged, every call makes the same batch."""
    answer = snowflake.rows(restage_statement(objects, rules, execution, _MOST_ROWS))[0]
    found = json.loads(next(iter(answer.values())))
    counts = {name: int(found[name]) for name in ("rows", "waiting", "too_long", "void")}
    return Restaged(found["batch"], **counts)


def batch_of(snowflake: SnowflakeSession, objects: TableObjects, restaged: Restaged) -> Batch:
    """The batch for the workflow's state, with the oldest of its files only: there may be thousands."""
    oldest = snowflake.rows(
        f'SELECT "FILE_NAME", "VERSION" FROM {control_table(objects.database, "BATCH_FILES")} '
        'WHERE "BATCH_ID" = %s ORDER BY "VERSION", "FILE_NAME" LIMIT 1',
        [restaged.batch_id],
    )[0]
    file = ExportedFile(name=oldest["FILE_NAME"], version=int(oldest["VERSION"]))
    return Batch(id=restaged.batch_id, rows=restaged.rows, bytes=0, files=[file])


def refused_files(snowflake: SnowflakeSession, objects: TableObjects) -> int:
    """How many of the table's files Snowpipe refused since its last merge."""
    query = (
        f'SELECT COUNT(*) AS "FILES" FROM {control_table(objects.database, "QUARANTINE")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} AND "RAW" IS NULL'
    )
    return int(snowflake.rows(query)[0]["FILES"])

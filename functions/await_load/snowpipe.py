"""What Snowpipe has loaded of a batch, the status of its pipe, and the refresh of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from snowflake.connector.errors import ProgrammingError

from functions.shared.contract.names import literal
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession, is_missing

RUNNING = "RUNNING"
MISSING = "MISSING"


@dataclass(frozen=True)
class PipeStatus:
    """`state` is its executionState, MISSING where there is no pipe; `pending` files are queued or being loaded.

    `notified` is when the last event of a file reached it.
    """

    state: str
    pending: int = 0
    notified: datetime | None = None


def staged(snowflake: SnowflakeSession, objects: TableObjects, files: list[str]) -> int:
    """How many rows of the files STAGING holds."""
    query = f'SELECT COUNT(*) AS "ROWS" FROM {objects.staging} WHERE "_FILE" IN ({listed(files)})'
    return int(snowflake.rows(query)[0]["ROWS"])


def pipe_status(snowflake: SnowflakeSession, pipe: str) -> PipeStatus:
    """What SYSTEM$PIPE_STATUS says, which needs no warehouse."""
    try:
        answer = snowflake.rows(f'SELECT SYSTEM$PIPE_STATUS({literal(pipe)}) AS "STATUS"')[0]["STATUS"]
    except ProgrammingError as error:
        if is_missing(error):
            return PipeStatus(MISSING)
        raise
    status = json.loads(answer)
    notified = status.get("lastForwardedMessageTimestamp")
    return PipeStatus(
        str(status["executionState"]),
        int(status.get("pendingFileCount") or 0),
        datetime.fromisoformat(notified) if notified else None,
    )


def refresh(snowflake: SnowflakeSession, objects: TableObjects, layout: int, files: Sequence[str]) -> list[str]:
    """Refreshes the layout's pipe with those of the files that STAGING lacks; returns them.

    Not with a common prefix: a recreated pipe has lost its load history, and would load other batches' files again. But
    a file's name is the prefix of those of its parts. Snowflake lists the files of the last 7 days.
    """
    query = f'SELECT DISTINCT "_FILE" AS "FILE" FROM {objects.staging} WHERE "_FILE" IN ({listed(files)})'
    loaded = {row["FILE"] for row in snowflake.rows(query)}
    lacking = [name for name in files if name not in loaded]
    sent: list[str] = []
    for name in lacking:
        if not name.startswith(tuple(f"{whole}_part" for whole in sent)):
            prefix = name.removeprefix(f"{objects.source.folder(layout)}/")
            snowflake.execute(f"ALTER PIPE {objects.pipe(layout)} REFRESH PREFIX = {literal(prefix)}")
            sent.append(name)
    return lacking


def listed(files: Sequence[str]) -> str:
    """The names as a list of SQL."""
    return ", ".join(literal(name) for name in files)

"""FINAL's present columns, and the checks of columns that FINAL cannot have."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from snowflake.connector.errors import ProgrammingError

from functions.shared.contract.columns import Column
from functions.shared.contract.names import literal
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession, is_missing

# A pipe whose table was dropped, even if there is another of its name by now, and one of which a part is left.
_WITHOUT_ITS_OBJECTS = ("STOPPED_MISSING_TABLE", "STOPPED_MISSING_PIPE")
_LENGTH = re.compile(r"(VARCHAR|BINARY)\(\d+\)")
_OF_STAGING = ("_REFUSED", "_FILE", "_ROW", "_SCANNED_AT")
_OF_VIEW = ("_BATCH_ID", "_REJECTED", "_WITHHELD", "_FATAL", "_RAW", "_TOO_LONG", "_RANK", "_MERGED_AS")
_OF_FINAL = ("_VERSION", "_SYNCED_AT")
OWN_NAMES = {*_OF_STAGING, *_OF_VIEW, *_OF_FINAL}
SOFT_DELETE_NAMES = {"IS_DELETED", "_DELETED_AT"}


def final_columns(snowflake: SnowflakeSession, objects: TableObjects) -> dict[str, str] | None:
    """FINAL's present columns: name to type, without the lengths of texts and binaries; None where it is not there."""
    try:
        rows = snowflake.rows(f"DESCRIBE TABLE {objects.final}")
    except ProgrammingError as error:
        if is_missing(error):
            return None
        raise
    return {row["name"]: _LENGTH.sub(r"\1", row["type"]) for row in rows}


def is_whole(snowflake: SnowflakeSession, objects: TableObjects, pipe: str) -> bool:
    """Whether STAGING, its view and its present pipe exist, and belong together: a person may have dropped one."""
    # STAGING, too: a view stays without its table, and so does a pipe. DESCRIBE needs no warehouse.
    described = (f"DESCRIBE TABLE {objects.staging}", f"DESCRIBE VIEW {objects.typed}")
    if not all(_answer(snowflake, query) is not None for query in described):
        return False
    found = _answer(snowflake, f'SELECT SYSTEM$PIPE_STATUS({literal(pipe)}) AS "STATUS"')
    return found is not None and json.loads(found[0]["STATUS"])["executionState"] not in _WITHOUT_ITS_OBJECTS


def _answer(snowflake: SnowflakeSession, query: str) -> list[dict[str, Any]] | None:
    """The query's rows; None where what it names is missing."""
    try:
        return snowflake.rows(query)
    except ProgrammingError as error:
        if is_missing(error):
            return None
        raise


def refuse_unknown_types(table: str, columns: Sequence[Column]) -> None:
    """Raises InvalidConfiguration naming the columns whose type the contract does not support."""
    unknown = [f"{column.name!r} is {column.type.label}" for column in columns if not column.supported]
    if unknown:  # guard: type-without-a-rule
        raise InvalidConfiguration(
            f"{table}: no type of Snowflake is known to hold {', '.join(unknown)} without loss; to copy its text, set "
            f"on_unrepresentable to {{{_as_text(columns)}}}"
        )


def _as_text(columns: Sequence[Column]) -> str:
    return ", ".join(f'"{column.name}": "text"' for column in columns if not column.supported)


def refuse_unusable_names(table: str, columns: Sequence[Column], soft_deletes: bool) -> None:
    """Raises InvalidConfiguration for names that collide in Snowflake, with each other or with the sync's columns."""
    if not columns:
        raise InvalidConfiguration(f"{table}: has no columns; there is nothing to copy")
    own = OWN_NAMES | SOFT_DELETE_NAMES if soft_deletes else OWN_NAMES
    counts = Counter(column.target_name for column in columns)
    for column in columns:
        name = column.target_name
        if counts[name] > 1:
            raise InvalidConfiguration(
                f"{table}: two columns are both called {name} in Snowflake, {column.name!r} is one; rename one of them"
            )
        if name in own:  # guard: column-named-like-the-syncs-own
            remedy = "set deletes to hard, or rename it" if name in SOFT_DELETE_NAMES else "rename it in Aurora"
            raise InvalidConfiguration(
                f"{table}: column {column.name!r} has a name that the sync itself uses; {remedy}"
            )
        if "$$" in name or any(ord(char) < 32 for char in name):
            raise InvalidConfiguration(f"{table}: column {column.name!r} has a name that cannot be synced; rename it")

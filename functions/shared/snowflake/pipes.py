"""The pipes of the tables: one for each layout of a table's files, and those that no file needs any more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from functions.shared.contract.names import literal, quote
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession

_NAME = re.compile(r"(?P<table>.*?)(?:\$\$v(?P<layout>\d+))?", re.DOTALL)
# An execution ends within a day, and the load of its last files within the load timeout after that.
_LONGEST_EXECUTION = timedelta(days=1)


@dataclass(frozen=True)
class Pipe:
    """`table` is the object name that a table's STAGING and FINAL have."""

    table: str
    layout: int
    created: datetime


def read_pipes(snowflake: SnowflakeSession, objects: TableObjects) -> list[Pipe]:
    """The pipes of a table, by SHOW PIPES, which needs no warehouse."""
    # LIKE ignores case and has wildcards, so it may also find other tables' pipes.
    pattern = re.sub(r"[%_\\]", "_", objects.source.object_name)
    found = _pipes(snowflake, objects.database, f"LIKE {literal(pattern + '%')} ")
    return [pipe for pipe in found if pipe.table == objects.source.object_name]


def read_all_pipes(snowflake: SnowflakeSession, database: str) -> list[Pipe]:
    """The pipes of all tables."""
    return _pipes(snowflake, database)


def _pipes(snowflake: SnowflakeSession, database: str, like: str = "") -> list[Pipe]:
    made = []
    for row in snowflake.rows(f'SHOW PIPES {like}IN SCHEMA {quote(database)}."STAGING"'):
        name = _NAME.fullmatch(row["name"])
        if name:
            made.append(Pipe(name["table"], int(name["layout"] or 0), row["created_on"]))
    return made


def superseded(pipes: Sequence[Pipe], layout: int, now: datetime, load_timeout: timedelta) -> list[Pipe]:
    """Those of one table's pipes that may be dropped while its files have this layout.

    A batch that is under way may need the pipe of a former layout: it stays until every execution that can have
    exported to it has ended, and the load timeout has passed for the last of their files.
    """
    layouts = sorted((pipe for pipe in pipes if pipe.layout <= layout), key=lambda pipe: pipe.layout)
    oldest_needed = now - _LONGEST_EXECUTION - load_timeout
    return [pipe for pipe, following in pairwise(layouts) if following.created < oldest_needed]

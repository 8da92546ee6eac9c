"""When each table was made and last altered; committed DML alters it, even of no row, and so does DDL."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from local.snowflake.language.names import Name


@dataclass(frozen=True)
class Times:
    """Two moments in one table's life."""

    created: datetime
    altered: datetime


class TableTimes:
    """The times of an account's tables by name; of those that were dropped they are void, not removed."""

    def __init__(self) -> None:
        self._times: dict[Name, Times] = {}
        self._guard = threading.Lock()

    def of(self, table: Name) -> Times | None:
        """The times of a table; None where no statement of a session made it."""
        with self._guard:
            return self._times.get(table)

    def created(self, table: Name) -> None:
        """A table was made, perhaps in place of one of the same name."""
        now = datetime.now(UTC)
        with self._guard:
            self._times[table] = Times(now, now)

    def altered(self, tables: Iterable[Name]) -> None:
        """Statements that altered these tables were committed."""
        now = datetime.now(UTC)
        with self._guard:
            for table in tables:
                self._times[table] = replace(self._times.get(table, Times(now, now)), altered=now)

    def renamed(self, old: Name, new: Name) -> None:
        """A table keeps its creation under another name."""
        with self._guard:
            if old in self._times:
                self._times[new] = self._times.pop(old)
        self.altered([new])

"""What a table remembers of the files that were loaded into it, whichever pipe loaded them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from local.snowflake.language.names import Name

MEMORY = timedelta(days=64)


class LoadHistory:
    """Files by table. A replaced table starts with none; a renamed one keeps its own."""

    def __init__(self) -> None:
        self._loaded: dict[Name, dict[str, datetime]] = {}
        self._guard = threading.Lock()

    def record(self, table: Name, url: str) -> None:
        """The file is loaded, or is about to be in the transaction that is open."""
        with self._guard:
            self._loaded.setdefault(table, {})[url] = datetime.now(UTC)

    def withdraw(self, table: Name, url: str) -> None:
        """The load was not committed."""
        with self._guard:
            self._loaded.get(table, {}).pop(url, None)

    def has(self, table: Name, url: str) -> bool:
        """Whether the file was loaded within the table's memory of 64 days."""
        with self._guard:
            loaded = self._loaded.get(table, {}).get(url)
        return loaded is not None and datetime.now(UTC) - loaded < MEMORY

    def forget(self, table: Name) -> None:
        """The table is gone, or another of its name has come."""
        with self._guard:
            self._loaded.pop(table, None)

    def forget_database(self, database: str) -> None:
        """The database is gone, and its tables."""
        with self._guard:
            for table in [table for table in self._loaded if table.database == database]:
                del self._loaded[table]

    def rename(self, old: Name, new: Name) -> None:
        """The table keeps its history under its new name."""
        with self._guard:
            if old in self._loaded:
                self._loaded[new] = self._loaded.pop(old)

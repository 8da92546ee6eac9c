"""The files that were loaded into each table, by any pipe."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from local.snowflake.language.names import Name

MEMORY = timedelta(days=64)


class LoadHistory:
    """Loaded files by table; a replaced table starts without, a renamed one keeps them."""

    def __init__(self) -> None:
        self._loaded: dict[Name, dict[str, datetime]] = {}
        self._guard = threading.Lock()

    def record(self, table: Name, url: str) -> None:
        """Record a file, before the transaction that loads it commits."""
        with self._guard:
            self._loaded.setdefault(table, {})[url] = datetime.now(UTC)

    def withdraw(self, table: Name, url: str) -> None:
        """Remove a file whose load was not committed."""
        with self._guard:
            self._loaded.get(table, {}).pop(url, None)

    def has(self, table: Name, url: str) -> bool:
        """Whether the file was loaded within the table's memory of 64 days."""
        with self._guard:
            loaded = self._loaded.get(table, {}).get(url)
        return loaded is not None and datetime.now(UTC) - loaded < MEMORY

    def forget(self, table: Name) -> None:
        """Remove the files of a table that was dropped or replaced."""
        with self._guard:
            self._loaded.pop(table, None)

    def forget_database(self, database: str) -> None:
        """Remove the files of a dropped database's tables."""
        with self._guard:
            for table in [table for table in self._loaded if table.database == database]:
                del self._loaded[table]

    def rename(self, old: Name, new: Name) -> None:
        """Keep the files of a renamed table."""
        with self._guard:
            if old in self._loaded:
                self._loaded[new] = self._loaded.pop(old)

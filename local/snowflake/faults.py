"""Faults of the laptop's Snowflake, off until a test asks for them with POST /laptop/faults."""

from __future__ import annotations

import threading
from collections.abc import Callable

from snowflake.connector.errors import ProgrammingError

_LONGEST_HOLD_SECONDS = 120.0


class Faults:
    """`history_lag_seconds` is how late COPY_HISTORY shows a file; a MERGE can be held inside its transaction.

    `next_task_run` replaces the run of the next EXECUTE TASK: SKIPPED, CANCELLED, or LOST, which is not recorded.
    """

    def __init__(self) -> None:
        self.history_lag_seconds = 0.0
        self.next_task_run: str | None = None
        self._held_table: str | None = None
        self._aborts = False
        self._holding, self._released = threading.Event(), threading.Event()

    @property
    def holds_a_merge(self) -> bool:
        """Whether a MERGE has run and waits, uncommitted."""
        return self._holding.is_set()

    def hold_merge_into(self, table: str) -> None:
        """Hold the next MERGE into the table (its bare name) inside its transaction."""
        self._holding.clear()
        self._released.clear()
        self._held_table = table

    def release(self, aborts: bool) -> None:
        """Release the held MERGE, or end its session, which rolls the transaction back."""
        self._held_table, self._aborts = None, aborts
        self._released.set()

    def after_merge(self, sql: str, roll_back: Callable[[], None]) -> None:
        """Called when a MERGE has run, inside its transaction. Raises ProgrammingError 604 where its session ends."""
        if self._held_table is None or self._held_table not in sql or self._holding.is_set():
            return
        self._holding.set()
        self._released.wait(_LONGEST_HOLD_SECONDS)
        self._holding.clear()
        if self._aborts:
            roll_back()
            raise ProgrammingError(msg="SQL execution canceled: its session was ended.", errno=604, sqlstate="57014")

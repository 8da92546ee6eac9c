"""One writer at a time: a Snowflake transaction waits for another's lock and never fails with a conflict."""

from __future__ import annotations

import threading
from collections import deque

from snowflake.connector.errors import ProgrammingError


class WriteLock:
    """First come, first served; held by an owner (a session), not a thread, because a transaction spans requests."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._changed = threading.Condition()
        self._owner: object | None = None
        self._queue: deque[object] = deque()

    def acquire(self, owner: object) -> bool:
        """Take the lock; False when `owner` already has it.

        Raises ProgrammingError 000625 after the timeout, as Snowflake does for LOCK_TIMEOUT.
        """
        with self._changed:
            if self._owner is owner:
                return False
            ticket = object()
            self._queue.append(ticket)
            free = self._changed.wait_for(lambda: self._owner is None and self._queue[0] is ticket, self._timeout)
            self._queue.remove(ticket)
            if not free:
                self._changed.notify_all()
                raise ProgrammingError(
                    msg="Statement was aborted because it waited longer than LOCK_TIMEOUT for another transaction.",
                    errno=625,
                    sqlstate="57014",
                )
            self._owner = owner
            return True

    def release(self, owner: object) -> None:
        """Give the lock back; nothing happens when `owner` does not have it."""
        with self._changed:
            if self._owner is owner:
                self._owner = None
                self._changed.notify_all()

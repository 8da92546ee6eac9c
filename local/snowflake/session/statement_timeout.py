"""STATEMENT_TIMEOUT_IN_SECONDS: a statement that takes longer is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from snowflake.connector.errors import Error, ProgrammingError


@contextmanager
def time_limit(duck: duckdb.DuckDBPyConnection, seconds: int) -> Iterator[None]:
    """Raises ProgrammingError 000630 for the engine's statement inside; 0 seconds are no limit."""
    ended = threading.Event()

    def end() -> None:
        ended.set()
        duck.interrupt()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    if seconds:
        timer.start()
    try:
        yield
    except (Error, duckdb.Error):
        if not ended.is_set():
            raise
        raise ProgrammingError(
            msg=f"Statement reached its statement or warehouse timeout of {seconds} second(s) and was canceled.",
            errno=630,
            sqlstate="57014",
        ) from None
    finally:
        timer.cancel()

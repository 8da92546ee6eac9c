"""Runs of tasks: one after the other for each task, and at most one that waits, unless it allows runs to overlap."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
from snowflake.connector.errors import ProgrammingError

from local.snowflake.faults import Faults
from local.snowflake.language.errors import from_engine
from local.snowflake.language.names import Name
from local.snowflake.session.queries import Queries
from local.snowflake.session.session import Session
from local.snowflake.tasks import task_history
from local.snowflake.tasks.task_run import TaskRun

logger = logging.getLogger(__name__)

# An interrupt ends the engine's present statement only, so it is repeated until the run has ended.
_INTERRUPT_SECONDS = 0.05


class TaskRuns:
    """Queues, runs and records; a run's error is written to the history and the log.

    `open_session` opens the session of a run in a database and schema; `open_history` a connection for the history.
    """

    def __init__(
        self,
        open_session: Callable[[str, str], Session],
        open_history: Callable[[], duckdb.DuckDBPyConnection],
        queries: Queries,
        faults: Faults,
    ) -> None:
        self._open_session, self._open_history = open_session, open_history
        self._queries, self._faults = queries, faults
        self._waiting: dict[Name, TaskRun] = {}
        self._busy: set[Name] = set()
        self._guard = threading.RLock()

    def submit(self, run: TaskRun) -> None:
        """Start the run at once, or when the task's present run has ended, in place of one that waits for that.

        The run that waits has the configuration that was given last; those given before are forgotten.
        """
        fault, self._faults.next_task_run = self._faults.next_task_run, None
        if fault is not None:
            self._end_unrun(run, fault)
            return
        self._record(run)
        if run.task.overlaps:
            self._start(self._run, run)
            return
        name = run.task.name
        with self._guard:
            if name not in self._busy:
                self._busy.add(name)
                self._start(self._run_and_go_on, run)
                return
            if (replaced := self._waiting.get(name)) is not None:
                self._forget(replaced)
            self._waiting[name] = run

    def cancel_waiting(self, name: Name) -> None:
        """Cancel the run of a dropped task that has not started."""
        with self._guard:
            run = self._waiting.pop(name, None)
        if run is not None:
            self._end_unrun(run, "CANCELLED")

    def _end_unrun(self, run: TaskRun, state: str) -> None:
        if state != "LOST":
            run.state, run.completed = state, datetime.now(UTC)
            self._record(run)

    def _start(self, target: Any, argument: Any) -> None:
        threading.Thread(target=target, args=(argument,), name=f"task run {argument}", daemon=True).start()

    def _run_and_go_on(self, run: TaskRun) -> None:
        """The run, then whatever waits for it."""
        name, present = run.task.name, run
        while True:
            self._run(present)
            with self._guard:
                following = self._waiting.pop(name, None)
                if following is None:
                    self._busy.discard(name)
                    return
            present = following

    def _run(self, run: TaskRun) -> None:
        name = run.task.name
        session = self._open_session(name.database, name.schema)
        session.task_run = run
        ended = threading.Event()
        sql = run.task.definition
        query = self._queries.submit("", sql, session, lambda: session.execute(sql))
        run.state, run.query_id, run.started = "EXECUTING", query.id, datetime.now(UTC)
        self._record(run)
        threading.Thread(target=_end_late, args=(run, session, ended), daemon=True).start()
        try:
            result = query.future.result()
        except Exception as error:  # noqa: BLE001 -- the history must have every failure
            run.error = _timeout(run.task.timeout_seconds) if run.timed_out else from_engine(error)
            run.state = "FAILED"
            logger.error("Task %s failed: %s", name, run.error.msg)  # noqa: TRY400 -- the error is the task's, not this program's
        else:
            run.state = "SUCCEEDED"
            logger.info("Task %s ended: %s", name, result.scalar())
        finally:
            ended.set()
            run.completed = datetime.now(UTC)
            session.close()
            self._record(run)

    def _record(self, run: TaskRun) -> None:
        with self._guard, self._open_history() as duck:
            duck.execute("BEGIN TRANSACTION")
            task_history.record(duck, run)
            duck.execute("COMMIT")

    def _forget(self, run: TaskRun) -> None:
        with self._open_history() as duck:
            task_history.forget(duck, run)


def _end_late(run: TaskRun, session: Session, ended: threading.Event) -> None:
    if ended.wait(run.task.timeout_seconds):
        return
    run.timed_out = True
    while not ended.wait(_INTERRUPT_SECONDS):
        session.interrupt()


def _timeout(seconds: float) -> ProgrammingError:
    return ProgrammingError(
        msg=f"Statement reached its statement or warehouse timeout of {seconds:g} second(s) and was canceled.",
        errno=630,
        sqlstate="57014",
    )

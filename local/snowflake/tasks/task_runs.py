"""Runs of tasks: one after the other for each task, unless it allows its runs to overlap."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from snowflake.connector.errors import ProgrammingError

from local.snowflake.language.errors import from_engine
from local.snowflake.language.scanner import Name
from local.snowflake.tasks import task_history

if TYPE_CHECKING:
    from local.snowflake.session.session import Session
    from local.snowflake.state import Warehouse
    from local.snowflake.tasks.tasks import Task

logger = logging.getLogger(__name__)

# An interrupt ends the engine's present statement only, so it is repeated until the run has ended.
_INTERRUPT_SECONDS = 0.05


@dataclass
class TaskRun:
    """One run, of the task as it was when the run was ordered; `config` is JSON text."""

    task: Task
    config: str | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "SCHEDULED"
    scheduled: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    completed: datetime | None = None
    query_id: str | None = None
    return_value: str | None = None
    error: ProgrammingError | None = None
    timed_out: bool = False

    def configured(self, path: str) -> str | None:
        """The configuration's value at a dotted path as text, all of it for no path; None where there is none."""
        if self.config is None:
            return None
        value: Any = json.loads(self.config)
        for key in path.split(".") if path else []:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class TaskRuns:
    """Orders, runs and records; a run's error goes to the history and the log."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._waiting: dict[Name, deque[TaskRun]] = {}
        self._busy: set[Name] = set()
        self._guard = threading.RLock()

    def order(self, run: TaskRun) -> None:
        """Start the run at once, or when the task's earlier runs have ended."""
        fate, self._warehouse.faults.next_task_run = self._warehouse.faults.next_task_run, None
        if fate is not None:
            self._end_unrun(run, fate)
            return
        self._record(run)
        if run.task.overlaps:
            self._start(self._run, run)
            return
        with self._guard:
            self._waiting.setdefault(run.task.name, deque()).append(run)
            if run.task.name not in self._busy:
                self._busy.add(run.task.name)
                self._start(self._run_waiting, run.task.name)

    def cancel_waiting(self, name: Name) -> None:
        """A dropped task's runs that have not started never do."""
        with self._guard:
            runs = self._waiting.pop(name, deque())
        for run in runs:
            self._end_unrun(run, "CANCELLED")

    def _end_unrun(self, run: TaskRun, state: str) -> None:
        if state != "LOST":
            run.state, run.completed = state, datetime.now(UTC)
            self._record(run)

    def _start(self, target: Any, argument: Any) -> None:
        threading.Thread(target=target, args=(argument,), name=f"task run {argument}", daemon=True).start()

    def _run_waiting(self, name: Name) -> None:
        while True:
            with self._guard:
                waiting = self._waiting.get(name)
                if not waiting:
                    self._busy.discard(name)
                    return
                run = waiting.popleft()
            self._run(run)

    def _run(self, run: TaskRun) -> None:
        name = run.task.name
        session = self._warehouse.session(name.database, name.schema)
        session.task_run = run
        ended = threading.Event()
        sql = run.task.definition
        query = self._warehouse.queries.submit("", sql, session, lambda: session.execute(sql))
        run.state, run.query_id, run.started = "EXECUTING", query.id, datetime.now(UTC)
        self._record(run)
        threading.Thread(target=_end_late, args=(run, session, ended), daemon=True).start()
        try:
            result = query.future.result()
        except Exception as error:  # noqa: BLE001  the history must tell of every failure
            run.error = _timeout(run.task.timeout_seconds) if run.timed_out else from_engine(error)
            run.state = "FAILED"
            logger.error("Task %s failed: %s", name, run.error.msg)  # noqa: TRY400  the message is the whole story
        else:
            run.state = "SUCCEEDED"
            logger.info("Task %s ended: %s", name, result.scalar())
        finally:
            ended.set()
            run.completed = datetime.now(UTC)
            session.close()
            self._record(run)

    def _record(self, run: TaskRun) -> None:
        with self._guard, self._warehouse.engine.duck_conn.cursor() as duck:
            duck.execute("BEGIN TRANSACTION")
            task_history.record(duck, run)
            duck.execute("COMMIT")


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

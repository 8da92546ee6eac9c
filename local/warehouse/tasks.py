"""Tasks: a stored statement, run by EXECUTE TASK in a session of its own."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from snowflake.connector.errors import ProgrammingError

from local.warehouse.errors import already_exists, does_not_exist
from local.warehouse.result import Result, rows, status
from local.warehouse.scanner import Name, Scanner
from local.warehouse.show import filtered

if TYPE_CHECKING:
    from local.warehouse.session import Session

logger = logging.getLogger(__name__)


@dataclass
class Task:
    name: Name
    definition: str
    options: dict[str, str]
    created: datetime
    database: str | None
    schema: str | None
    state: str = "suspended"
    runs: list[threading.Thread] = field(default_factory=list)


class Tasks:
    def __init__(self) -> None:
        self._tasks: dict[Name, Task] = {}
        self._guard = threading.RLock()

    def get(self, name: Name) -> Task:
        with self._guard:
            if name not in self._tasks:
                raise does_not_exist("Task", str(name))
            return self._tasks[name]

    def create(self, scanner: Scanner, session: Session, replace: bool) -> Result:
        """CREATE [OR REPLACE] TASK [IF NOT EXISTS] name [option = value …] AS body; a new task is suspended."""
        if_not_exists = scanner.accept("IF", "NOT", "EXISTS")
        name = session.resolve(scanner.parts())
        options: dict[str, str] = {}
        while not scanner.accept("AS"):
            option = scanner.identifier()
            scanner.expect("=")
            options[option] = scanner.next().text
        body = scanner.rest()
        with self._guard:
            if name in self._tasks and not replace:
                if if_not_exists:
                    return status(f"{name.name} already exists, statement succeeded.")
                raise already_exists(str(name))
            self._tasks[name] = Task(name, body, options, datetime.now(UTC), name.database, name.schema)
        return status(f"Task {name.name} successfully created.")

    def execute(self, scanner: Scanner, session: Session) -> Result:
        """EXECUTE TASK: returns at once, as Snowflake does; the run's error goes to the log."""
        task = self.get(session.resolve(scanner.parts()))
        scanner.expect_end()
        run = threading.Thread(target=_run, args=(task, session.fork()), name=f"task {task.name}", daemon=True)
        task.runs = [thread for thread in task.runs if thread.is_alive()] + [run]
        run.start()
        return status(f"Task {task.name.name} is scheduled to run immediately.")

    def alter(self, scanner: Scanner, session: Session) -> Result:
        scanner.accept("IF", "EXISTS")
        task = self.get(session.resolve(scanner.parts()))
        if scanner.accept("RESUME"):
            task.state = "started"
        elif scanner.accept("SUSPEND"):
            task.state = "suspended"
        else:
            raise scanner.unexpected()
        scanner.expect_end()
        return status("Statement executed successfully.")

    def drop(self, scanner: Scanner, session: Session) -> Result:
        if_exists = scanner.accept("IF", "EXISTS")
        name = session.resolve(scanner.parts())
        scanner.expect_end()
        with self._guard:
            if self._tasks.pop(name, None) is None and not if_exists:
                raise does_not_exist("Task", str(name))
        return status(f"{name.name} successfully dropped.")

    def forget_database(self, database: str) -> None:
        with self._guard:
            for name in [name for name in self._tasks if name.database == database]:
                del self._tasks[name]

    def show(self, scanner: Scanner, session: Session) -> Result:
        with self._guard:
            found = filtered([(task.name, task) for task in self._tasks.values()], scanner, session)
        text = (
            "name",
            "database_name",
            "schema_name",
            "owner",
            "comment",
            "warehouse",
            "schedule",
            "state",
            "definition",
        )
        columns = {"created_on": pa.timestamp("us", "UTC"), **dict.fromkeys(text, pa.string())}
        return rows(columns, [
            (task.created, name.name, name.database, name.schema, "SYSADMIN", task.options.get("COMMENT", ""),
             task.options.get("WAREHOUSE"), task.options.get("SCHEDULE"), task.state, task.definition)
            for name, task in found
        ])  # fmt: skip


def _run(task: Task, session: Session) -> None:
    try:
        result = session.execute(task.definition)
        logger.info("Task %s ended: %s", task.name, result.scalar())
    except ProgrammingError as error:
        logger.error("Task %s failed: %s", task.name, error.msg)  # noqa: TRY400  the message is the whole story
    finally:
        session.close()

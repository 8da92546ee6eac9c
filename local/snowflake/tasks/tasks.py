"""Tasks: a stored statement, run by EXECUTE TASK in a session of its own. Schedules are kept but start nothing."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from local.snowflake.language.errors import already_exists, compilation_error, does_not_exist, not_supported
from local.snowflake.language.result import Result, rows, status
from local.snowflake.language.scanner import Name, Scanner
from local.snowflake.session.session_parameters import SESSION_PARAMETERS, check_parameter
from local.snowflake.session.show import filtered
from local.snowflake.tasks.task_runs import TaskRun, TaskRuns

if TYPE_CHECKING:
    from local.snowflake.session.session import Session
    from local.snowflake.state import Warehouse

_OPTIONS = {
    *("WAREHOUSE", "SCHEDULE", "CONFIG", "ALLOW_OVERLAPPING_EXECUTION", "USER_TASK_TIMEOUT_MS", "COMMENT"),
    *("USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE", "SUSPEND_TASK_AFTER_NUM_FAILURES", "ERROR_INTEGRATION"),
    *("TASK_AUTO_RETRY_ATTEMPTS", *SESSION_PARAMETERS),
}
_LONGEST_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Task:
    name: Name
    definition: str
    options: dict[str, str]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: str = "suspended"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def overlaps(self) -> bool:
        return self.options.get("ALLOW_OVERLAPPING_EXECUTION", "").upper() == "TRUE"

    @property
    def timeout_seconds(self) -> float:
        return int(self.options.get("USER_TASK_TIMEOUT_MS", 3600000)) / 1000


class Tasks:
    def __init__(self, warehouse: Warehouse) -> None:
        self._tasks: dict[Name, Task] = {}
        self._runs = TaskRuns(warehouse)
        self._guard = threading.RLock()

    def has(self, name: Name) -> bool:
        with self._guard:
            return name in self._tasks

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
            options |= _option(scanner)
            scanner.accept(",")
        if {"WAREHOUSE", "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE"} <= set(options):
            raise compilation_error("A task has a warehouse or a size of a managed one, not both.", 2000, "42000")
        body = scanner.rest()
        with self._guard:
            if name in self._tasks and not replace:
                if if_not_exists:
                    return status(f"{name.name} already exists, statement succeeded.")
                raise already_exists(str(name))
            self._tasks[name] = Task(name, body, options)
        return status(f"Task {name.name} successfully created.")

    def execute(self, scanner: Scanner, session: Session) -> Result:
        """EXECUTE TASK name [USING CONFIG = json]: returns at once; what becomes of the run is in TASK_HISTORY."""
        task = self.get(session.resolve(scanner.parts()))
        config = task.options.get("CONFIG")
        if scanner.accept("USING", "CONFIG"):
            scanner.expect("=")
            given = _json_object(scanner.string())
            config = json.dumps(_merged(json.loads(config or "{}"), given), separators=(",", ":"), ensure_ascii=False)
        scanner.expect_end()
        self._runs.order(TaskRun(task, config))
        return status(f"Task {task.name.name} is scheduled to run immediately.")

    def alter(self, scanner: Scanner, session: Session) -> Result:
        """ALTER TASK name RESUME | SUSPEND | SET option = value … | UNSET option …."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = session.resolve(scanner.parts())
        if if_exists and name not in self._tasks:
            return status("Statement executed successfully.")
        with self._guard:
            self._tasks[name] = _altered(self.get(name), scanner)
        return status("Statement executed successfully.")

    def drop(self, scanner: Scanner, session: Session) -> Result:
        if_exists = scanner.accept("IF", "EXISTS")
        name = session.resolve(scanner.parts())
        scanner.expect_end()
        with self._guard:
            if self._tasks.pop(name, None) is None and not if_exists:
                raise does_not_exist("Task", str(name))
        self._runs.cancel_waiting(name)
        return status(f"{name.name} successfully dropped.")

    def forget_database(self, database: str) -> None:
        with self._guard:
            names = [name for name in self._tasks if name.database == database]
            for name in names:
                del self._tasks[name]
        for name in names:
            self._runs.cancel_waiting(name)

    def show(self, scanner: Scanner, session: Session) -> Result:
        with self._guard:
            found = filtered([(task.name, task) for task in self._tasks.values()], scanner, session)
        text = (
            *("name", "id", "database_name", "schema_name", "owner", "comment", "warehouse", "schedule", "state"),
            *("definition", "allow_overlapping_execution", "config"),
        )
        columns = {"created_on": pa.timestamp("us", "UTC"), **dict.fromkeys(text, pa.string())}
        return rows(columns, [
            (task.created, name.name, task.id, name.database, name.schema, "SYSADMIN", task.options.get("COMMENT", ""),
             task.options.get("WAREHOUSE"), task.options.get("SCHEDULE"), task.state, task.definition,
             str(task.overlaps).lower(), task.options.get("CONFIG"))
            for name, task in found
        ])  # fmt: skip


def _altered(task: Task, scanner: Scanner) -> Task:
    if scanner.accept("RESUME"):
        scanner.expect_end()
        return replace(task, state="started")
    if scanner.accept("SUSPEND"):
        scanner.expect_end()
        return replace(task, state="suspended")
    if task.state == "started":
        raise compilation_error(
            f"Unable to update graph with root task {task.name} since that root task is not suspended.", 91083, "42601"
        )
    options = dict(task.options)
    if scanner.accept("UNSET"):
        while not scanner.done:
            options.pop(_known(scanner.identifier()), None)
            scanner.accept(",")
        return replace(task, options=options)
    scanner.expect("SET")
    while not scanner.done:
        options |= _option(scanner)
        scanner.accept(",")
    return replace(task, options=options)


def _option(scanner: Scanner) -> dict[str, str]:
    """One `name = value`, checked.

    Raises ProgrammingError for what a task does not have, and for graphs, conditions and finalizers.
    """
    name = _known(scanner.identifier())
    scanner.expect("=")
    value = scanner.next().text
    if name == "CONFIG":
        _json_object(value)
    if name == "ALLOW_OVERLAPPING_EXECUTION" and value.upper() not in ("TRUE", "FALSE"):
        raise _invalid(name, value)
    if name == "USER_TASK_TIMEOUT_MS" and not (value.isdigit() and int(value) <= _LONGEST_TIMEOUT_MS):
        raise _invalid(name, value)
    check_parameter(name, value)
    return {name: value}


def _known(name: str) -> str:
    if name in ("AFTER", "WHEN", "FINALIZE", "WITH", "EXECUTE"):
        raise not_supported(f"CREATE TASK … {name}")
    if name not in _OPTIONS:
        raise compilation_error(f"invalid property '{name}' for 'TASK'", 1420, "42601")
    return name


def _invalid(name: str, value: str) -> Exception:
    return compilation_error(f"invalid value [{value}] for parameter '{name}'", 1008, "22023")


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise compilation_error(f"Invalid JSON object in CONFIG: {text}", 2000, "42000")
    return found


def _merged(default: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The default's fields with those of the single execution over them, at every depth."""
    merged = dict(default)
    for key, value in given.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged

"""Tasks: a stored statement, run by EXECUTE TASK in a new session. Schedules are recorded but start nothing."""

from __future__ import annotations

import threading

import pyarrow as pa

from local.snowflake.language.errors import already_exists, compilation_error, does_not_exist
from local.snowflake.language.names import Name
from local.snowflake.language.result import Result, rows, status
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context
from local.snowflake.session.show import filtered
from local.snowflake.tasks.task import Task, altered, merged_config, read_option
from local.snowflake.tasks.task_run import TaskRun
from local.snowflake.tasks.task_runs import TaskRuns


class Tasks:
    """The tasks of one account, and the statements about them."""

    def __init__(self, runs: TaskRuns) -> None:
        self._tasks: dict[Name, Task] = {}
        self._runs = runs
        self._guard = threading.RLock()

    def has(self, name: Name) -> bool:
        """Whether there is a task of this name."""
        with self._guard:
            return name in self._tasks

    def get(self, name: Name) -> Task:
        """Raises ProgrammingError where there is no task of this name."""
        with self._guard:
            if name not in self._tasks:
                raise does_not_exist("Task", str(name))
            return self._tasks[name]

    def create(self, scanner: Scanner, context: Context, replace: bool) -> Result:
        """CREATE [OR REPLACE] TASK [IF NOT EXISTS] name [option = value …] AS body; a new task is suspended."""
        if_not_exists = scanner.accept("IF", "NOT", "EXISTS")
        name = context.resolve(scanner.parts())
        options: dict[str, str] = {}
        while not scanner.accept("AS"):
            options |= read_option(scanner)
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

    def execute(self, scanner: Scanner, context: Context) -> Result:
        """EXECUTE TASK name [USING CONFIG = json]: returns at once; the run's outcome is in TASK_HISTORY."""
        task = self.get(context.resolve(scanner.parts()))
        config = task.options.get("CONFIG")
        if scanner.accept("USING", "CONFIG"):
            scanner.expect("=")
            config = merged_config(config, scanner.string())
        scanner.expect_end()
        self._runs.submit(TaskRun(task, config))
        return status(f"Task {task.name.name} is scheduled to run immediately.")

    def alter(self, scanner: Scanner, context: Context) -> Result:
        """ALTER TASK name RESUME | SUSPEND | SET option = value … | UNSET option …."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = context.resolve(scanner.parts())
        if if_exists and name not in self._tasks:
            return status("Statement executed successfully.")
        with self._guard:
            self._tasks[name] = altered(self.get(name), scanner)
        return status("Statement executed successfully.")

    def drop(self, scanner: Scanner, context: Context) -> Result:
        """DROP TASK [IF EXISTS] name; a run that has started ends, one that waits does not start."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = context.resolve(scanner.parts())
        scanner.expect_end()
        with self._guard:
            if self._tasks.pop(name, None) is None and not if_exists:
                raise does_not_exist("Task", str(name))
        self._runs.cancel_waiting(name)
        return status(f"{name.name} successfully dropped.")

    def forget_database(self, database: str) -> None:
        """Remove the tasks of a dropped database."""
        with self._guard:
            names = [name for name in self._tasks if name.database == database]
            for name in names:
                del self._tasks[name]
        for name in names:
            self._runs.cancel_waiting(name)

    def show(self, scanner: Scanner, context: Context) -> Result:
        """SHOW TASKS [LIKE …] [IN …]."""
        with self._guard:
            found = filtered([(task.name, task) for task in self._tasks.values()], scanner, context)
        text = (
            "name",
            "id",
            "database_name",
            "schema_name",
            "owner",
            "comment",
            "warehouse",
            "schedule",
            "state",
            "definition",
            "allow_overlapping_execution",
            "config",
        )
        columns = {"created_on": pa.timestamp("us", "UTC"), **dict.fromkeys(text, pa.string())}
        return rows(columns, [
            (task.created, name.name, task.id, name.database, name.schema, "SYSADMIN", task.options.get("COMMENT", ""),
             task.options.get("WAREHOUSE"), task.options.get("SCHEDULE"), task.state, task.definition,
             str(task.overlaps).lower(), task.options.get("CONFIG"))
            for name, task in found
        ])  # fmt: skip

"""A task, its options, and how ALTER TASK changes them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from local.snowflake.language.errors import compilation_error, not_supported
from local.snowflake.language.names import Name
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.session_parameters import SESSION_PARAMETERS, check_parameter

_OPTIONS = {
    "WAREHOUSE",
    "SCHEDULE",
    "CONFIG",
    "ALLOW_OVERLAPPING_EXECUTION",
    "USER_TASK_TIMEOUT_MS",
    "COMMENT",
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE",
    "SERVERLESS_TASK_MIN_STATEMENT_SIZE",
    "SERVERLESS_TASK_MAX_STATEMENT_SIZE",
    "SUSPEND_TASK_AFTER_NUM_FAILURES",
    "ERROR_INTEGRATION",
    "TASK_AUTO_RETRY_ATTEMPTS",
    *SESSION_PARAMETERS,
}
_MANAGED_SIZES = {
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE",
    "SERVERLESS_TASK_MIN_STATEMENT_SIZE",
    "SERVERLESS_TASK_MAX_STATEMENT_SIZE",
}
_SIZES = ("XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE")
_LONGEST_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Task:
    """A task's definition; a changed task is a new Task with the same id."""

    name: Name
    definition: str
    options: dict[str, str]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: str = "suspended"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def overlaps(self) -> bool:
        """Whether a run may start while another still runs."""
        return self.options.get("ALLOW_OVERLAPPING_EXECUTION", "").upper() == "TRUE"

    @property
    def timeout_seconds(self) -> float:
        """How long a run may take."""
        return int(self.options.get("USER_TASK_TIMEOUT_MS", 3600000)) / 1000


def altered(task: Task, scanner: Scanner) -> Task:
    """The task after RESUME, SUSPEND, SET option = value … or UNSET option …."""
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
        options |= read_option(scanner)
        scanner.accept(",")
    return replace(task, options=options)


def read_option(scanner: Scanner) -> dict[str, str]:
    """One `name = value`, checked.

    Raises ProgrammingError for options that a task does not have, and for graphs, conditions and finalizers.
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
    if name in _MANAGED_SIZES and value.upper() not in _SIZES:
        raise _invalid(name, value)
    check_parameter(name, value)
    return {name: value}


def merged_config(default: str | None, given: str) -> str:
    """A task's configuration overridden by that of a single execution, all as JSON text.

    Raises ProgrammingError for anything but a JSON object.
    """
    merged = _merged(json.loads(default or "{}"), _json_object(given))
    return json.dumps(merged, separators=(",", ":"), ensure_ascii=False)


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
    """The default's fields overridden by those of the single execution, at every depth."""
    merged = dict(default)
    for key, value in given.items():
        usual = merged.get(key)
        merged[key] = _merged(usual, value) if isinstance(usual, dict) and isinstance(value, dict) else value
    return merged

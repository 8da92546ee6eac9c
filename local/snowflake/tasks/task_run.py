"""One run of a task."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from snowflake.connector.errors import ProgrammingError

from local.snowflake.session.context import Context
from local.snowflake.tasks.task import Task


@dataclass
class TaskRun:
    """One run of the task's definition at the time of EXECUTE TASK; `config` is JSON text."""

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
        """The configuration's value at a dotted path as text, all of it for an empty path; None without a value."""
        if self.config is None:
            return None
        value: Any = json.loads(self.config)
        for key in path.split(".") if path else []:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def graph_config(context: Context, path: str = "") -> str | None:
    """SYSTEM$GET_TASK_GRAPH_CONFIG: the configuration of the run that the session belongs to."""
    return None if context.task_run is None else context.task_run.configured(path)

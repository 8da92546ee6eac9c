"""What the load of a batch of two files looks like, and Snowflake's answers about it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.snowflake.language.compute import needs_warehouse
from tests.support.batches import KEYED, Row, Target, at

ROWS: list[Row] = [("1", "1", at(1)), ("2", "2", at(2))]
# When the pipe is no longer believed to have had no event of the files yet.
NOTICED = 136


def event(target: Target, rows: int, waited: float = NOTICED) -> dict[str, Any]:
    name = f"public.{target.name}"
    since = (datetime.now(UTC) - timedelta(seconds=waited)).isoformat()
    return {
        "table": {"table_name": name, "spec": {"table_name": name, "watermark_col": "at"}},
        "batch": {
            "id": "b",
            "rows": rows,
            "bytes": 1,
            "files": [{"name": f"{target.name}.csv{part}", "version": 1} for part in ("", "_part2")],
        },
        "schema": KEYED.to_json(),
        "load": {"wait_seconds": 10, "since": since},
    }


def named(target: Target, *files: str) -> list[dict[str, Any]]:
    return [{"name": f"{target.objects.source.folder(1)}/2026/01/02/03/{file}", "version": 1} for file in files]


def refreshes(target: Target, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The REFRESH statements from here on, which the pipe of this test would not find files for."""
    sent: list[str] = []
    execute = target.warehouse.execute

    def watch(statement: str, values: Any = ()) -> None:
        if "REFRESH" in statement:
            sent.append(statement)
        else:
            execute(statement, values)

    monkeypatch.setattr(target.warehouse, "execute", watch)
    return sent


def status(target: Target, monkeypatch: pytest.MonkeyPatch, **told: Any) -> list[str]:
    """What the pipe tells from here on; returns the statements that need a warehouse, as they come."""
    asked: list[str] = []
    rows = target.warehouse.rows

    def tell(query: str, values: Any = ()) -> list[dict[str, Any]]:
        if needs_warehouse(query):
            asked.append(query)
        if "SYSTEM$PIPE_STATUS" in query:
            return [{"STATUS": json.dumps({"executionState": "RUNNING", "pendingFileCount": 0, **told})}]
        return rows(query, values)

    monkeypatch.setattr(target.warehouse, "rows", tell)
    return asked

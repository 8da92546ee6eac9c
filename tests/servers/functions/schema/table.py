"""One Aurora table, and what the schema step makes of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock, patch

from functions.schema.handler import handler
from functions.shared.contract.names import SourceTable
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from tests.support.bounds import bounds_event


class CrashedError(Exception):
    """The function ended between two statements."""


@dataclass
class Table:
    """`t` is its name in SQL; what the step said of its last change is `note`."""

    owner: Any
    warehouse: SnowflakeSession
    schema: str
    context: Mock
    called: str = "t"
    note: str = ""

    @property
    def t(self) -> str:
        return f"{self.schema}.{self.called}"

    @property
    def objects(self) -> TableObjects:
        return TableObjects("AURORA", SourceTable(self.schema, self.called))

    def create(self) -> None:
        self.owner.execute(f"CREATE TABLE {self.t} (id int PRIMARY KEY, a text, b int)")

    def alter(self, *changes: str) -> None:
        for change in changes:
            self.owner.execute(f"ALTER TABLE {self.t} {change}")

    def align(self, target_exists: bool = True, said: str = "", complete: bool = False, **spec: Any) -> dict[str, Any]:
        """The rules that the step returns; `said` is the note of the step before."""
        raw = {"table_name": self.t, "watermark_type": "full_snapshot", **spec}
        event = {
            "table": {"table_name": self.t, "spec": raw, "digest": "d"},
            "bounds": bounds_event(column=None, target_exists=target_exists, note=said, complete=complete),
        }
        found = handler(event, self.context)
        self.note = found["bounds"]["note"]
        rules: dict[str, Any] = json.loads(json.dumps(found["schema"]))
        return rules

    def make(self, **spec: Any) -> dict[str, Any]:
        return self.align(target_exists=False, **spec)

    def final(self) -> dict[str, str]:
        """FINAL's columns without those of the sync: name to type."""
        rows = self.warehouse.rows(f"DESCRIBE TABLE {self.objects.final}")
        own = ("_VERSION", "_SYNCED_AT", "IS_DELETED", "_DELETED_AT", "_FILE", "_ROW")
        return {row["name"]: row["type"].split("(16")[0] for row in rows if row["name"] not in own}

    def staging(self) -> list[str]:
        rows = self.warehouse.rows(f"DESCRIBE TABLE {self.objects.staging}")
        return [row["name"] for row in rows if not row["name"].startswith("_")]

    def recorded(self) -> list[dict[str, Any]]:
        return self.warehouse.rows(
            'SELECT "SCHEMA_VERSION", "SOURCE_OID", "CHANGES" FROM "AURORA"."CONTROL"."TABLES" '
            'WHERE "TABLE_NAME" = %s ORDER BY "SCHEMA_VERSION", "CREATED_AT"',
            [self.t],
        )

    @contextmanager
    def statements(self, crash_after: int | None = None) -> Iterator[list[str]]:
        """What is executed inside; with `crash_after`, only so many are, and then CrashedError is raised."""
        executed: list[str] = []
        execute = self.warehouse.execute

        def counted(statement: str, values: Any = ()) -> None:
            if len(executed) == crash_after:
                raise CrashedError
            execute(statement, values)
            executed.append(statement)

        with patch.object(self.warehouse, "execute", counted):
            yield executed


def names(rules: dict[str, Any]) -> list[str]:
    return [one["name"] for one in rules["columns"]]


def dropped(rules: dict[str, Any]) -> list[str]:
    return [one["name"] for one in rules["columns"] if one.get("dropped")]

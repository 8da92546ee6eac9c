"""Batches put into STAGING as Snowpipe would, and merged through the code's own statements."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from functions.merge.batches import read_ledger, record_batch
from functions.shared.bounds import Bounds
from functions.shared.columns import Column
from functions.shared.naming import SourceTable
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import MergeRules, TableObjects, merge_statement, table_statements

ID = Column("id", "int8", -1, True)
VALUE = Column("value", "int4", -1, False)
AT = Column("at", "timestamptz", -1, True)
COLUMNS = [ID, VALUE, AT]
KEYED = MergeRules(COLUMNS, [ID], AT, soft_deletes=False)
KEYLESS = MergeRules(COLUMNS, [], AT, soft_deletes=False)

Row = tuple[str | None, ...]
_numbers = count(1)


def at(second: int) -> str:
    """A watermark as Aurora exports it."""
    return f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}.000000+00:00"


@dataclass
class Target:
    """One table's Snowflake objects."""

    warehouse: Warehouse
    name: str

    @property
    def objects(self) -> TableObjects:
        return TableObjects("AURORA", SourceTable("public", self.name))

    def make(self, rules: MergeRules) -> None:
        for statement in table_statements(self.objects, rules, replace=False):
            self.warehouse.execute(statement)

    def load(
        self,
        rows: Sequence[Row],
        version: int,
        exported: int | None = None,
        columns: Sequence[Column] = COLUMNS,
        **bounds: Any,
    ) -> str:
        """Puts a batch's rows into STAGING and records it; returns its id."""
        batch = f"b{next(_numbers)}"
        file = f"public.{self.name}/run-{batch}.csv"
        names = ", ".join(column.identifier for column in columns)
        marks = ", ".join(["%s"] * (len(columns) + 2))
        if rows:
            self.warehouse.execute(
                f'INSERT INTO {self.objects.staging} ({names}, "_FILE", "_ROW") VALUES '.replace("%", "%%")
                + ", ".join([f"({marks})"] * len(rows)),
                [value for number, row in enumerate(rows, 1) for value in (*row, file, number)],
            )
        self.record(batch, [file], version, len(rows) if exported is None else exported, **bounds)
        return batch

    def record(self, batch: str, files: list[str], version: int, rows: int, **bounds: Any) -> None:
        made = Bounds(
            **{"status": "NEW", "strategy": "timestamp", "target": "T", "started_at": 0, "column": "at", **bounds}
        )
        record_batch(
            self.warehouse, self.objects, made, {"id": batch, "files": files, "version": version, "rows": rows}, "e"
        )

    def merge(self, rules: MergeRules, batch: str, statement: str | None = None) -> str:
        """The word that the merge ends with."""
        rows = self.warehouse.rows(statement or merge_statement(self.objects, rules, batch))
        return str(next(iter(rows[0].values())))

    def ledger(self, batch: str) -> dict[str, int]:
        found = read_ledger(self.warehouse, self.objects, batch)
        assert found is not None
        return found

    def final(self, order: str = '"ID"', columns: str = '"ID", "VALUE"') -> list[tuple[Any, ...]]:
        found = self.warehouse.rows(f"SELECT {columns} FROM {self.objects.final} ORDER BY {order}")
        return [tuple(row.values()) for row in found]

    def staged(self) -> int:
        return int(self.warehouse.rows(f'SELECT COUNT(*) AS "N" FROM {self.objects.staging}')[0]["N"])

    def quarantined(self) -> list[tuple[str, Any]]:
        found = self.warehouse.rows(
            'SELECT "REASON", "RAW" FROM "AURORA"."CONTROL"."QUARANTINE" '
            f'WHERE "TABLE_NAME" = \'public.{self.name}\' ORDER BY "ROW_NUMBER"'
        )
        return [(row["REASON"], json.loads(row["RAW"])) for row in found]


def assert_adds_up(ledger: dict[str, int]) -> None:
    applied = ledger["merged"] + ledger["duplicates"] + ledger["quarantined"] + ledger["held"]
    assert ledger["exported"] == ledger["loaded"] == applied, ledger

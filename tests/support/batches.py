"""Batches put into STAGING as Snowpipe would, and merged through the code's own statements."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from functions.merge.batches import read_ledger, record_batch
from functions.shared.contract.batch import Batch, ExportedFile
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from functions.shared.snowflake.statements import merge_statement, table_statements
from tests.support.bounds import bounds_of


def column(name: str, type_name: str = "text", not_null: bool = False, **more: Any) -> Column:
    """A column as the catalog would give it; `more` are fields of Column or of its type."""
    of_type = {key: more.pop(key) for key in ("kind", "modifier", "is_array", "label") if key in more}
    source = SourceType(type_name, **{"label": type_name, **of_type})
    return Column(name, source, not_null, **{"number": 1, **more})


ID = column("id", "int8", True)
VALUE = column("value", "int4")
AT = column("at", "timestamptz", True)
COLUMNS = [ID, VALUE, AT]
KEYED = MergeRules(COLUMNS, [ID], AT, soft_deletes=False)
KEYLESS = MergeRules(COLUMNS, [], AT, soft_deletes=False)
SNAPSHOT: dict[str, Any] = {"column": None, "complete": True}
SOFT = MergeRules([ID, VALUE], [ID], None, soft_deletes=True)
HARD = MergeRules([ID, VALUE], [ID], None, soft_deletes=False)
WHOLE = MergeRules([ID, VALUE], [], None, soft_deletes=False)

Row = tuple[str | None, ...]


class Refused(tuple[str | None, ...]):
    """A row of whose values Aurora says, by their places from 1, that FINAL cannot hold them."""

    places: str

    def __new__(cls, row: Row, *places: int) -> "Refused":
        made = super().__new__(cls, row)
        made.places = "".join(f" {place} " for place in places)
        return made


_numbers = count(1)


def at(second: int) -> str:
    """A watermark as Aurora exports it."""
    return f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}.000000+00:00"


@dataclass
class Target:
    """One table's Snowflake objects."""

    warehouse: SnowflakeSession
    name: str

    @property
    def objects(self) -> TableObjects:
        return TableObjects("AURORA", SourceTable("public", self.name))

    def make(self, rules: MergeRules) -> None:
        for statement in table_statements(self.objects, rules):
            self.warehouse.execute(statement)

    def load(
        self,
        rows: Sequence[Row],
        version: int,
        exported: int | None = None,
        columns: Sequence[Column] = COLUMNS,
        **bounds: Any,
    ) -> str:
        """Puts a batch of one slice into STAGING and records it; returns its id."""
        return self.load_slices([(rows, version)], exported, columns, **bounds)

    def load_slices(
        self,
        slices: Sequence[tuple[Sequence[Row], int]],
        exported: int | None = None,
        columns: Sequence[Column] = COLUMNS,
        **bounds: Any,
    ) -> str:
        """Puts a batch's slices, each with its snapshot's version, into STAGING and records it; returns its id."""
        batch = f"b{next(_numbers)}"
        files = []
        for number, (rows, version) in enumerate(slices):
            files.append(ExportedFile(name=f"public.{self.name}/run-{batch}-{number}.csv", version=version))
            self.stage(rows, files[-1].name, columns)
        staged = sum(len(rows) for rows, _ in slices)
        self._record(batch, files, staged if exported is None else exported, **bounds)
        return batch

    def stage(self, rows: Sequence[Row], file: str, columns: Sequence[Column] = COLUMNS, first: int = 1) -> None:
        """Puts rows into STAGING as those of a file; `first` is the number of the first."""
        names = ", ".join(column.identifier for column in columns)
        marks = ", ".join(["%s"] * (len(columns) + 3))
        if rows:
            self.warehouse.execute(
                f'INSERT INTO {self.objects.staging} ("_REFUSED", {names}, "_FILE", "_ROW") VALUES '.replace("%", "%%")
                + ", ".join([f"({marks})"] * len(rows)),
                [
                    value
                    for number, row in enumerate(rows, first)
                    for value in (getattr(row, "places", None), *row, file, number)
                ],
            )

    def record(self, batch: str, files: list[str], version: int, rows: int, **bounds: Any) -> None:
        self._record(batch, [ExportedFile(name=name, version=version) for name in files], rows, **bounds)

    def _record(
        self,
        batch: str,
        files: list[ExportedFile],
        rows: int,
        max_delete_percent: int = 50,
        schema_version: int = 1,
        **bounds: Any,
    ) -> None:
        made = bounds_of(**bounds)
        exported = Batch(id=batch, rows=rows, bytes=1, files=files)
        record_batch(self.warehouse, self.objects, made, exported, "e", max_delete_percent, schema_version)

    def merge(self, rules: MergeRules, batch: str, statement: str | None = None) -> str:
        """The word that the merge ends with."""
        rows = self.warehouse.rows(statement or merge_statement(self.objects, rules, batch))
        return str(next(iter(rows[0].values())))

    def ledger(self, batch: str) -> dict[str, int]:
        found = read_ledger(self.warehouse, self.objects, batch)
        assert found is not None
        return dict(found.model_dump())

    def final(self, order: str = '"ID"', columns: str = '"ID", "VALUE"') -> list[tuple[Any, ...]]:
        found = self.warehouse.rows(f"SELECT {columns} FROM {self.objects.final} ORDER BY {order}")
        return [tuple(row.values()) for row in found]

    def staged(self) -> int:
        return int(self.warehouse.rows(f'SELECT COUNT(*) AS "N" FROM {self.objects.staging}')[0]["N"])

    def quarantined(self) -> list[tuple[str, Any]]:
        """What is open, in the order of the rows: the reason, and the row's texts by column (None for a file)."""
        found = self.warehouse.rows(
            'SELECT "REASON", "RAW" FROM "AURORA"."CONTROL"."QUARANTINE" '
            f'WHERE "TABLE_NAME" = \'public.{self.name}\' ORDER BY "FILE_NAME", "ROW_NUMBER"'
        )
        return [(row["REASON"], json.loads(row["RAW"]) if row["RAW"] else None) for row in found]


def assert_adds_up(ledger: dict[str, int]) -> None:
    applied = ledger["merged"] + ledger["duplicates"] + ledger["quarantined"] + ledger["held"]
    assert ledger["exported"] == ledger["loaded"] == applied, ledger

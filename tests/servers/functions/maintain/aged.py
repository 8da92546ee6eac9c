"""A table whose batches were merged long ago, and the maintenance of what it has left behind."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.maintain.moments import Moments
from functions.maintain.statements import history_statement, staging_statement
from functions.shared.contract.rules import MergeRules
from tests.support.batches import KEYED, Row, Target


def moments() -> Moments:
    return Moments.before(datetime.now(UTC))


@dataclass
class Aged:
    """One table; `days` are how long ago something happened."""

    target: Target
    rules: MergeRules = KEYED

    def merged(self, rows: list[Row], version: int, days: int, **bounds: Any) -> str:
        """A batch that was recorded and merged so long ago."""
        batch = self.recorded(rows, version, days, **bounds)
        assert self.target.merge(self.rules, batch) == "MERGED"
        self._date("LEDGER", "MERGED_AT", days, batch)
        return batch

    def recorded(self, rows: list[Row], version: int, days: int, staged_days: int = 0, **bounds: Any) -> str:
        """A batch that was recorded so long ago and is not merged."""
        batch = self.target.load(rows, version, **bounds)
        self._date("BATCHES", "CREATED_AT", days, batch)
        self.scanned(staged_days)
        return batch

    def scanned(self, days: int) -> None:
        """All of the table's rows in STAGING were loaded so long ago."""
        self.target.warehouse.execute(
            f'UPDATE {self.target.objects.staging} SET "_SCANNED_AT" = DATEADD(day, {-days}, CURRENT_TIMESTAMP())'
        )

    def prune(self, statement: str = "") -> dict[str, int] | str:
        """The rows that went from each control table, those of other tests too; or why nothing was done."""
        [answer] = self.target.warehouse.rows(statement or history_statement("AURORA", moments()))
        outcome = str(next(iter(answer.values())))
        return dict(json.loads(outcome)) if outcome.startswith("{") else outcome

    def clean(self, statement: str = "") -> int:
        """How many rows went from STAGING."""
        [deleted] = self.target.warehouse.rows(statement or staging_statement(self.target.objects, moments()))
        return int(next(iter(deleted.values())))

    def left(self, table: str) -> list[str]:
        """The ids of its batches in a control table, as they were recorded."""
        rows = self.target.warehouse.rows(
            f'SELECT "BATCH_ID" FROM "AURORA"."CONTROL"."{table}" WHERE "TABLE_NAME" = %s ORDER BY 1',
            [f"public.{self.target.name}"],
        )
        return sorted((row["BATCH_ID"] for row in rows), key=lambda batch: int(batch.lstrip("b")))

    def files_of(self, batch: str) -> int:
        query = 'SELECT COUNT(*) AS "N" FROM "AURORA"."CONTROL"."BATCH_FILES" WHERE "BATCH_ID" = %s'
        return int(self.target.warehouse.rows(query, [batch])[0]["N"])

    def _date(self, table: str, column: str, days: int, batch: str) -> None:
        self.target.warehouse.execute(
            f'UPDATE "AURORA"."CONTROL"."{table}" SET "{column}" = DATEADD(day, {-days}, CURRENT_TIMESTAMP()) '
            f"WHERE \"BATCH_ID\" = '{batch}'"
        )

"""A table whose rows are in quarantine, and what may happen to it before and after they are replayed."""

import json
from dataclasses import dataclass, replace
from typing import Any

from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType
from functions.shared.snowflake.statements import restage_statement
from functions.shared.snowflake.tables import record_rules
from tests.support.batches import KEYED, Row, Target, assert_adds_up


def as_text(rules: MergeRules, name: str) -> MergeRules:
    """The rules once the column is text: the cause is mended."""
    columns = [
        replace(column, type=SourceType("text", "text")) if column.name == name else column for column in rules.columns
    ]
    key = [column for column in columns if column.name in [one.name for one in rules.key]]
    return replace(
        rules, columns=columns, key=key, schema_version=rules.schema_version + 1, since=rules.schema_version + 1
    )


@dataclass
class Quarantined:
    """One table, made for `rules`."""

    target: Target
    rules: MergeRules = KEYED

    def make(self) -> None:
        """Its objects, as the schema step makes and records them."""
        self.target.make(self.rules)
        record_rules(self.target.warehouse, self.target.objects, 1, self.rules, [])

    def sync(self, rows: list[Row], version: int, **bounds: Any) -> dict[str, int]:
        """One batch, loaded and merged."""
        columns, schema_version = self.rules.columns, self.rules.schema_version
        batch = self.target.load(rows, version, columns=columns, schema_version=schema_version, **bounds)
        assert self.target.merge(self.rules, batch) == "MERGED"
        return self.target.ledger(batch)

    def mend(self, name: str) -> None:
        """The column is made anew as text, as SchemaMismatch says and the schema step then does."""
        column = next(column for column in self.rules.columns if column.name == name)
        final, old = self.target.objects.final, f'"{column.target_name}__V{self.rules.schema_version}"'
        self.target.warehouse.execute(f"ALTER TABLE {final} RENAME COLUMN {column.identifier} TO {old}")
        self.rules = as_text(self.rules, name)
        self.target.warehouse.execute(f"ALTER TABLE {final} ADD COLUMN {column.identifier} VARCHAR")
        self.make()

    def restage(self, most_rows: int = 1000) -> dict[str, Any]:
        """What the block answers."""
        statement = restage_statement(self.target.objects, self.rules, "run-2", most_rows)
        answer = json.loads(next(iter(self.target.warehouse.rows(statement)[0].values())))
        return dict(answer)

    def replay(self) -> dict[str, int]:
        """Staged and merged: the ledger of the batch."""
        batch = self.restage()["batch"]
        assert self.target.merge(self.rules, batch) == "MERGED"
        ledger = self.target.ledger(batch)
        assert_adds_up(ledger)
        return ledger

    def open(self) -> list[tuple[str | None, int]]:
        """What is in quarantine: each row's raw key (None for a file), and its number in its file."""
        found = self.target.warehouse.rows(
            'SELECT "RAW"[\'ID\']::VARCHAR AS "ID", "ROW_NUMBER" FROM "AURORA"."CONTROL"."QUARANTINE" '
            f"WHERE \"TABLE_NAME\" = 'public.{self.target.name}' ORDER BY 1, 2"
        )
        return [(row["ID"], int(row["ROW_NUMBER"])) for row in found]


def refuse_file(table: Quarantined) -> None:
    """Lists a file that Snowpipe refused at its third line."""
    table.target.warehouse.execute(
        'INSERT INTO "AURORA"."CONTROL"."QUARANTINE" SELECT %s, %s, %s, 3, 11, %s, NULL, CURRENT_TIMESTAMP()',
        ["b", f"public.{table.target.name}", "refused.csv", "Numeric value 'x' is not recognized"],
    )

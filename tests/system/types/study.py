"""Plays the catalogue on a laptop cloud: one execution of all its tables under both policies that let rows pass."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import snowflake.connector

from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType
from tests.support.laptop import Laptop
from tests.system.types.catalogue import EXTENSIONS, FAMILIES, HOSTILE_NAMES, OWN_TYPES, column_names, day_column
from tests.system.types.tables import Table, aurora_texts, final_rows, final_types, known_here, quarantined, setup
from tests.system.types.verdicts import Sides, Verdict, judge, target_problems

NAMES = "names"
POLICIES = {"quarantine": False, "text": True}


@dataclass(frozen=True)
class TableOutcome:
    """One table after the run: Aurora's texts, what became of each value, what is wrong with the whole, its types."""

    table: Table
    texts: Mapping[int, Mapping[str, str | None]]
    verdicts: list[Verdict]
    wrong_table: list[str]
    types: Mapping[str, SourceType]

    @property
    def problems(self) -> list[str]:
        """What is not as the catalogue says, in words."""
        found = [f"{self.table.full_name} {verdict.problem}" for verdict in self.verdicts if verdict.problem]
        return [*self.wrong_table, *found]


@dataclass(frozen=True)
class Study:
    """Every table by family and policy; `missing` names the types that this server has not."""

    tables: Mapping[tuple[str, str], TableOutcome]
    missing: set[str]

    @property
    def problems(self) -> list[str]:
        """Everything that is not as the catalogue says, in words."""
        return [problem for outcome in self.tables.values() for problem in outcome.problems]


def play(laptop: Laptop) -> Study:
    """Makes the catalogue's tables, runs the workflow once and reads both sides."""
    with laptop.connect() as connection, connection.cursor() as cursor:
        present = setup(cursor, OWN_TYPES, EXTENSIONS)
        version = connection.server_version // 10_000
        missing = {kind.name for kinds in FAMILIES.values() for kind in kinds if not known_here(kind, version, present)}
        made = {policy: _tables(laptop.new_schema(), missing) for policy in POLICIES}
        for table in (table for tables in made.values() for table in tables):
            table.create(cursor)
    laptop.configure(
        [
            {"table_name": table.full_name, "watermark_type": "xmin", "on_unrepresentable": policy}
            for policy, tables in made.items()
            for table in tables
        ]
    )
    results = laptop.results()
    outcomes = {
        (table.name, policy): _outcome(laptop, table, results[table.full_name], POLICIES[policy])
        for policy, tables in made.items()
        for table in tables
    }
    return Study(outcomes, missing)


def _tables(schema: str, missing: set[str]) -> list[Table]:
    tables = [Table(schema, NAMES, {name: day_column() for name in HOSTILE_NAMES})]
    for family, kinds in FAMILIES.items():
        named = zip(column_names(kinds), kinds, strict=True)
        present = {name: kind for name, kind in named if kind.name not in missing}
        tables.append(Table(schema, family, present, one_by_one=family == "sizes"))
    return tables


def _outcome(laptop: Laptop, table: Table, result: dict[str, Any], as_text: bool) -> TableOutcome:
    if result["status"] != "LOADED":
        return TableOutcome(table, {}, [], [f"{table.full_name} is not loaded: {result}"], {})
    sides = _sides(laptop, table, result)
    return TableOutcome(
        table,
        sides.aurora,
        judge(table, sides, as_text),
        target_problems(table, sides, as_text),
        _source_types(laptop, table),
    )


def _sides(laptop: Laptop, table: Table, result: dict[str, Any]) -> Sides:
    names, rows = aurora_texts(laptop.known["postgres"]["dsn"], table.schema, table.name)
    with snowflake.connector.connect(**laptop.known["snowflake"]) as warehouse:
        columns, found = final_rows(warehouse, result["target"])
        return Sides(
            {int(row[0] or 0): dict(zip(names, row, strict=True)) for row in rows},
            {int(row[columns.index("ID")]): dict(zip(columns, row, strict=True)) for row in found},
            final_types(warehouse, result["target"]),
            quarantined(warehouse, table.full_name),
            result,
        )


def _source_types(laptop: Laptop, table: Table) -> dict[str, SourceType]:
    """The types that the run itself saw in Aurora, by column."""
    found = laptop.warehouse('SELECT "RULES" FROM "AURORA"."CONTROL"."TABLES" WHERE "TABLE_NAME" = %s', table.full_name)
    return {column.name: column.type for column in MergeRules.from_json(json.loads(found[0][0])).columns}

"""What a table costs: `python -m bench.cost --write docs/cost.md`."""

import argparse
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psycopg2
from rich.console import Console

from bench.cost.counts import MEMORY, Meter
from bench.cost.estimate import Measured
from bench.cost.page import page
from bench.cost.usage import Counts, per_table
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import merge_statement
from local.cloud import lifecycle as cloud
from local.cloud.context import STACK
from local.endpoints import Endpoints, aws_of

_HOME = Path(".local") / "cost"
# Few at once: on the laptop merges of different tables wait for each other, in Snowflake they do not.
FEW, MANY, FIFTY, ROWS, CHANGED = 2, 6, 50, 1_000, 100
_STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|CREATE|DROP)\b")


def main() -> None:
    """Measures on a new laptop cloud."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page there")
    arguments = parser.parse_args()
    cloud.down(_HOME)
    try:
        measured = _measure(cloud.up(_HOME, print))
        text = page(measured, few=FEW, many=MANY, fifty=FIFTY, rows=ROWS, changed=CHANGED)
    finally:
        cloud.down(_HOME)
    if arguments.write:
        arguments.write.write_text(text)
    Console().print(text, markup=False)


def _measure(known: Endpoints) -> Measured:
    tables = [f"public.t{number}" for number in range(FIFTY)]
    for table in tables:
        _sql(known, f"CREATE TABLE {table} (id bigint PRIMARY KEY, note text, updated_at timestamptz NOT NULL)")
        past = "now() - interval '1 day' + n * interval '1 second'"
        _sql(known, f"INSERT INTO {table} SELECT n, md5(n::text), {past} FROM generate_series(1, {ROWS}) AS n")
    specs = json.dumps([{"table_name": table, "watermark_col": "updated_at"} for table in tables])
    parameter = f"{known['parameter_prefix']}/tables"
    aws_of(known).client("ssm").put_parameter(Name=parameter, Value=specs, Type="String", Overwrite=True)
    meter, many = Meter(known), tables[:MANY]
    _run(meter, tables, "LOADED")
    fifty = _run(meter, tables, "IDLE")
    idle, own = per_table(_run(meter, tables[:FEW], "IDLE"), FEW, _run(meter, many, "IDLE"), MANY)
    busy, besides = per_table(_changed(meter, tables[:FEW]), FEW, _changed(meter, many), MANY)
    return Measured(
        # Most metrics are written by the steps that only a busy table takes.
        own=replace(own, metrics=besides.metrics),
        idle=idle,
        busy=busy,
        children=_statements_of_a_merge(),
        idle_statements=sum(fifty.statements.values()),
        memory=MEMORY,
        stack=_stack(known),
    )


def _statements_of_a_merge() -> int:
    """Of such a table, those of all its branches."""
    kinds = {"id": SourceType("int8", "bigint"), "note": SourceType("text", "text")}
    kinds["updated_at"] = SourceType("timestamptz", "timestamp with time zone")
    key, note, at = (Column(name, kind, True, number) for number, (name, kind) in enumerate(kinds.items(), 1))
    rules = MergeRules([key, note, at], [key], at, soft_deletes=False)
    merge = merge_statement(TableObjects("AURORA", SourceTable("public", "t0")), rules, "batch")
    return sum(_STATEMENT.search(part) is not None for part in merge.split(";\n"))


def _changed(meter: Meter, tables: list[str]) -> Counts:
    """A run of tables whose changes are older than the fence, like most of an hour's changes."""
    for table in tables:
        newest = f"(SELECT max(updated_at) FROM {table})"
        _sql(meter.known, f"UPDATE {table} SET updated_at = {newest} + id * interval '1 ms' WHERE id <= {CHANGED}")
    return _run(meter, tables, "LOADED")


def _run(meter: Meter, tables: list[str], status: str) -> Counts:
    counts, results = meter.measure(tables)
    if {one["status"] for one in results} != {status}:
        raise RuntimeError(f"Not every table is {status}: {results}")
    return counts


def _sql(known: Endpoints, statement: str) -> None:
    connection = psycopg2.connect(known["postgres"]["dsn"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _stack(known: Endpoints) -> dict[str, int]:
    """How many resources of each kind the stack has."""
    pages = aws_of(known).client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    return dict(Counter(one["ResourceType"] for page in pages for one in page["StackResourceSummaries"]))


if __name__ == "__main__":
    main()

"""Recorded events of before the state had models, replayed: the rest of the wave runs as it would have."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from functions.export.handler import handler as export
from functions.merge.handler import handler as merge
from functions.reconcile.handler import handler as reconcile
from functions.schema.handler import handler as schema
from functions.shared.aurora.fence import read_fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.rules import MergeRules
from tests.support.recorded import RECORDED, TABLE, event_of
from tests.support.steps import Steps

# Dated before the window's first cut, so that each recorded window holds them.
ROWS = (
    "SELECT n, '2026-11-01'::timestamptz + n * interval '1 s', n, '{a}', 'good', 'x' FROM generate_series(1, 40) AS n"
)


@pytest.fixture
def table(owner: Any, schema: str) -> str:
    owner.execute(f"CREATE TYPE {schema}.mood AS ENUM ('good', 'bad')")
    owner.execute(f"CREATE TABLE {schema}.t {TABLE.format(schema=schema)}; INSERT INTO {schema}.t {ROWS}")
    return f"{schema}.t"


@pytest.mark.parametrize("run", [run for run in RECORDED if not run.endswith("next")])
def test_a_wave_that_began_before_the_deployment_ends_after_it(
    source: AuroraSession, table: str, context: Mock, steps_of: Callable[[dict[str, Any]], Steps], run: str
) -> None:
    bounds = {
        "oid": source.row("SELECT %s::regclass::oid AS oid", (table,))["oid"],
        "horizon": read_fence(source, table, 0, watermark=False).horizon,
        "target_exists": False,
    }
    begun = event_of(run, table, "bounds", "schema")
    begun["bounds"] |= bounds
    schema({name: part for name, part in begun.items() if name != "schema"}, context)  # makes the table's objects
    parts = [export({**begun, "slice": one}, context) for one in begun["bounds"]["slices"]]
    files = [file for part in parts for file in part["files"]]
    rows = sum(part["rows"] for part in parts)
    table_steps = steps_of(begun["table"]["spec"])
    for file in files:
        table_steps.load(file["name"], MergeRules.from_json(begun["schema"]))
    batch = {"id": f"former-{run}-{table}", "rows": rows, "bytes": 1, "files": files}
    event = {**begun, "batch": batch, "load": {"status": "LOADED", "loaded": rows}}
    while event.get("merge", {}).get("status") != "MERGED":
        event |= merge(event, context)
    result = reconcile(event, context)["result"]
    assert (rows, result["merged"], table_steps.final()) == (40, 40, list(range(1, 41)))
    assert result["sampled"] == 10

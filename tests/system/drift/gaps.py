"""Changes between the steps before the export, when what to export is already decided."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from operate.runs import Outcome
from tests.system.drift.cases import SPECS
from tests.system.drift.cloud import DriftCloud, Table

_FIRST = "INSERT INTO {t} (id, gone, price) SELECT n, 'gone ' || n, n + 0.25 FROM generate_series(1, 20) AS n"
_SECOND = (
    "UPDATE {t} SET price = price + 1, updated_at = now() WHERE id <= 5; "
    "INSERT INTO {t} (id, gone, price) SELECT n, 'gone ' || n, 1.25 FROM generate_series(21, 25) AS n"
)
_COLUMNS = "id bigint PRIMARY KEY, gone text, price numeric(10,2), updated_at timestamptz NOT NULL DEFAULT now()"


@dataclass(frozen=True)
class Gap:
    """`refused` is in the message of the run that met the change, empty where it goes through; `exported` what FINAL
    shows then; `said` is in the note of the run that comes after it, `promise` what FINAL shows then."""

    name: str
    strategy: str
    change: str
    refused: str = ""
    exported: str = "*"
    undone: str = ""
    seam: str = "export.before"
    said: str = ""
    promise: str = "*"


@dataclass
class Seen:
    """What was seen of one table."""

    met: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    exported: str = "not compared"
    following: dict[str, Any] = field(default_factory=dict)
    promised: str = "not compared"
    last: dict[str, Any] = field(default_factory=dict)


def gaps() -> Iterator[Gap]:
    """Every change that the export may meet."""
    changed = "changed while it was being exported; re-run the table"
    yield Gap(
        "column_added", "timestamp", "ALTER TABLE {t} ADD plain integer DEFAULT 5", said="column 'plain' is new",
        exported="id, gone, price, updated_at", promise="id, gone, price, updated_at, NULL::integer AS plain",
    )  # fmt: skip
    yield Gap(
        "column_added_by_rewriting_every_row", "full_snapshot",
        "ALTER TABLE {t} ADD volatile double precision DEFAULT random()", said="column 'volatile' is new",
        exported="id, gone, price, updated_at",
    )  # fmt: skip
    yield Gap(
        "column_dropped", "xmin", "ALTER TABLE {t} DROP gone", refused=f"columns ['gone'] {changed}",
        said="column 'gone' is gone",
        promise="*, CASE WHEN id BETWEEN 6 AND 20 THEN 'gone ' || id END AS gone",
    )  # fmt: skip
    yield Gap(
        "column_renamed", "timestamp", "ALTER TABLE {t} RENAME gone TO latter", refused=f"columns ['gone'] {changed}",
        said="column 'gone' is now called 'latter'",
        promise="id, price, updated_at, CASE WHEN id BETWEEN 6 AND 20 THEN latter END AS gone, "
        "CASE WHEN id NOT BETWEEN 6 AND 20 THEN latter END AS latter",
    )  # fmt: skip
    yield Gap(
        "column_dropped_and_added_again", "xmin", "ALTER TABLE {t} DROP gone, ADD gone text DEFAULT 'anew'",
        exported="id, price, updated_at, CASE WHEN id BETWEEN 6 AND 20 THEN 'gone ' || id ELSE gone END AS gone",
        promise="id, price, updated_at, CASE WHEN id BETWEEN 6 AND 20 THEN 'gone ' || id ELSE gone END AS gone",
        said="column 'gone' was dropped and added again",
    )  # fmt: skip
    yield Gap(
        "column_of_another_scale", "xmin", "ALTER TABLE {t} ALTER price TYPE numeric(10,4) USING price / 7",
        refused=f"columns ['price'] {changed}", undone="ALTER TABLE {t} ALTER price TYPE numeric(10,2)",
    )  # fmt: skip
    yield Gap(
        "column_widened", "timestamp", "ALTER TABLE {t} ALTER price TYPE numeric(14,2)",
        refused=f"columns ['price'] {changed}", said="'price' was numeric(10,2) and is now numeric(14,2)",
    )  # fmt: skip
    yield Gap(
        "table_recreated", "full_snapshot",
        f"DROP TABLE {{t}}; CREATE TABLE {{t}} ({_COLUMNS}); INSERT INTO {{t}} VALUES (7, 'anew', 1)",
        refused=changed, said="the table was dropped and created again: reloaded",
    )  # fmt: skip
    # The one that was renamed still has the columns that the schema step saw.
    swapped = (
        f"CREATE TABLE {{t}}_next ({_COLUMNS}); INSERT INTO {{t}}_next SELECT id, gone, 7, '2020-01-01' FROM {{t}}; "
        "ALTER TABLE {t} RENAME TO {name}_last; ALTER TABLE {t}_next RENAME TO {name}"
    )
    yield Gap(
        "table_swapped_for_another", "timestamp", swapped,
        refused=changed, said="the table was dropped and created again: reloaded",
    )  # fmt: skip
    yield Gap(
        "table_swapped_before_the_schema_step", "timestamp", swapped, seam="schema.before",
        refused=changed, said="the table was dropped and created again: reloaded",
    )  # fmt: skip


def play_gaps(drift_cloud: DriftCloud) -> dict[str, Seen]:
    """All gaps at once: loaded, changed between two steps, redriven where it failed, and run again."""
    laptop, schema = drift_cloud.laptop, drift_cloud.laptop.new_schema()
    tables = {gap.name: Table(schema, gap.name) for gap in gaps()}
    seen = {gap.name: Seen() for gap in gaps()}
    for table in tables.values():
        laptop.sql(f"CREATE TABLE {table} ({_COLUMNS}); {_FIRST.format(t=table)}")
    laptop.configure([{"table_name": str(tables[gap.name]), **SPECS[gap.strategy]} for gap in gaps()])
    assert laptop.run().succeeded
    for gap in gaps():
        table = tables[gap.name]
        laptop.sql(_SECOND.format(t=table))
        drift_cloud.order(table, gap.seam, gap.change.format(t=table, name=table.name))
    met = laptop.run()
    letters = drift_cloud.letters()
    for gap in gaps():
        table, one = tables[gap.name], seen[gap.name]
        one.met, one.message = _of(table, met), letters.get(str(table), {}).get("message", "")
        if one.met["status"] == "LOADED":
            one.exported = drift_cloud.difference(table, gap.exported)
        if gap.undone:
            laptop.sql(gap.undone.format(t=table))
    laptop.workflow.redrive(met.execution_arn)
    redriven = laptop.workflow.follow(met.execution_arn)
    following = laptop.run()
    for gap in gaps():
        table, one = tables[gap.name], seen[gap.name]
        one.following = _of(table, redriven if one.met["status"] == "FAILED" else following)
        one.promised = drift_cloud.difference(table, gap.promise)
    last = laptop.run()
    for gap in gaps():
        seen[gap.name].last = _of(tables[gap.name], last)
    return seen


def _of(table: Table, outcome: Outcome) -> dict[str, Any]:
    (result,) = [one for one in outcome.tables if one["table_name"] == str(table)]
    return result

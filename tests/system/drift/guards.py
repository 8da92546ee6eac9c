"""Each guard against a changed table switched off in the deployed package: what it prevents must show."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.edits import Edits, appended, together
from tests.support.guards import without
from tests.support.packages import edited
from tests.system.drift.cloud import DriftCloud, Table

_SCALE = "ALTER TABLE {t} ALTER price TYPE numeric(10,4)"
# Without the guard FINAL's column would be altered, which Snowflake refuses: here it stays as it is.
_NOT_WIDENED = """
compared = find_drift


def find_drift(sides, ignore_new):
    drift = compared(sides, ignore_new)
    drift.widened.clear()
    return drift
"""


@dataclass
class Seen:
    """One table's run with its guard off."""

    drift_cloud: DriftCloud
    table: Table
    result: dict[str, Any]
    error: str

    def held(self, condition: str) -> str:
        """FINAL's rows of which this is true, whatever became of the run."""
        rows = self.drift_cloud.laptop.warehouse(f"SELECT * FROM {self.table.final} WHERE {condition}")
        return str(rows) if rows else ""

    def differs(self, select: str = "*") -> str:
        """How FINAL differs from Aurora although the run did not fail."""
        if self.result["status"] == "FAILED":
            return ""
        return self.drift_cloud.difference(self.table, select)


@dataclass(frozen=True)
class Guard:
    """What is taken out of which step, what then happens to the table, and the damage that was seen, empty for none."""

    name: str
    step: str
    edits: Edits
    damage: Callable[[Seen], str]
    change: str = ""
    in_snowflake: str = ""
    at_export: str = ""
    writes: str = "UPDATE {t} SET price = 1.25, updated_at = now() WHERE id <= 5"
    spec: dict[str, Any] = field(default_factory=dict)


def guards() -> Iterator[Guard]:
    """Those that one run with all of them off can show, each on a table of its own."""
    yield Guard(
        "a type that FINAL cannot take is refused", "schema",
        together(without("type-that-loses-values"), appended("functions/schema/drift.py", _NOT_WIDENED)),
        lambda seen: seen.held("PRICE = 1.23"), change=_SCALE,
        writes="UPDATE {t} SET price = 1.2345, updated_at = now() WHERE id <= 5",
    )  # fmt: skip
    yield Guard(
        "another key is refused", "schema", without("change-that-final-cannot-follow"), lambda seen: seen.differs(),
        change="ALTER TABLE {t} DROP CONSTRAINT {name}_pkey, ADD PRIMARY KEY (code)",
        writes="UPDATE {t} SET code = 'another', updated_at = now() WHERE id = 1",
    )  # fmt: skip
    yield Guard(
        "freeze", "schema", without("change-of-a-frozen-table"), lambda seen: seen.result.get("note", ""),
        change="ALTER TABLE {t} ADD plain integer", spec={"schema_changes": "freeze"},
    )  # fmt: skip
    yield Guard(
        "an unknown type is refused in words", "schema", without("type-without-a-rule"),
        lambda seen: seen.error if seen.error != "InvalidConfiguration" else "",
        change="ALTER TABLE {t} ALTER code DROP NOT NULL, ALTER code TYPE aclitem USING NULL",
    )  # fmt: skip
    yield Guard(
        "a column of the sync's own name is refused in words", "schema", without("column-named-like-the-syncs-own"),
        lambda seen: seen.error if seen.error != "InvalidConfiguration" else "",
        change="ALTER TABLE {t} ADD _version integer DEFAULT 1",
    )  # fmt: skip
    yield Guard(
        "STAGING is made anew with FINAL", "schema", without("rows-of-a-dropped-final-in-staging"),
        lambda seen: seen.error,
        change="ALTER TABLE {t} ADD plain integer DEFAULT 5", in_snowflake="DROP TABLE {final}",
    )  # fmt: skip
    yield Guard(
        "the pipe is made anew for a new column", "schema", without("pipe-that-lacks-a-column"),
        lambda seen: seen.error or seen.differs("*, CASE WHEN id <= 5 THEN 5 END AS plain"),
        change="ALTER TABLE {t} ADD plain integer DEFAULT 5",
    )  # fmt: skip
    yield Guard(
        "what a person dropped is made anew", "schema", without("object-dropped-by-a-person", instead="True"),
        lambda seen: seen.error, in_snowflake="DROP TABLE {staging}",
    )  # fmt: skip
    yield Guard(
        "the export refuses columns that changed after the schema step", "export",
        without("columns-changed-before-the-export"),
        lambda seen: seen.differs(), at_export=f"{_SCALE} USING price / 7",
    )  # fmt: skip
    yield Guard(
        "a table made anew is known by its oid", "watermark",
        together(without("recreated-table-not-noticed"), without("rows-behind-the-watermark")),
        lambda seen: seen.differs(), writes="",
        change="CREATE TABLE {t}_next (LIKE {t} INCLUDING ALL); INSERT INTO {t}_next "
        "SELECT id, 'next', price, updated_at FROM {t} WHERE id <= 10; DROP TABLE {t}; "
        "ALTER TABLE {t}_next RENAME TO {name}",
    )  # fmt: skip
    yield Guard(
        "an idle table's new column is noticed", "watermark", without("change-of-an-idle-table-not-noticed"),
        lambda seen: seen.result["status"] if seen.result["status"] == "IDLE" else "", writes="",
        change="ALTER TABLE {t} ADD plain integer",
    )  # fmt: skip


def play_guards(drift_cloud: DriftCloud) -> dict[str, str]:
    """The damage by guard."""
    laptop, schema = drift_cloud.laptop, drift_cloud.laptop.new_schema()
    tables = {guard.name: Table(schema, f"g{number}") for number, guard in enumerate(guards())}
    specs = [{"table_name": str(tables[guard.name]), "watermark_col": "updated_at", **guard.spec} for guard in guards()]
    for table in tables.values():
        laptop.sql(
            f"CREATE TABLE {table} (id bigint PRIMARY KEY, code text NOT NULL, price numeric(10,2), updated_at "
            f"timestamptz NOT NULL DEFAULT now()); INSERT INTO {table} SELECT n, 'code ' || n, n + 0.25 "
            "FROM generate_series(1, 20) AS n"
        )
    laptop.configure(specs)
    assert laptop.run().succeeded
    for guard in guards():
        _change(drift_cloud, guard, tables[guard.name])
    with _all_off(drift_cloud):
        outcome = laptop.run()
    letters = drift_cloud.letters()
    results = {one["table_name"]: one for one in outcome.tables}
    return {
        name: guard.damage(Seen(drift_cloud, table, results[str(table)], letters.get(str(table), {}).get("error", "")))
        for guard, (name, table) in zip(guards(), tables.items(), strict=True)
    }


def _change(drift_cloud: DriftCloud, guard: Guard, table: Table) -> None:
    marks = {"t": table, "name": table.name, "final": table.final, "staging": table.staging}
    for statement in filter(None, (guard.change, guard.writes)):
        drift_cloud.laptop.sql(statement.format(**marks))
    if guard.in_snowflake:
        drift_cloud.laptop.warehouse(guard.in_snowflake.format(**marks))
    if guard.at_export:
        drift_cloud.order(table, "export.before", guard.at_export.format(**marks))


@contextmanager
def _all_off(drift_cloud: DriftCloud) -> Iterator[None]:
    off = list(guards())
    with ExitStack() as taken_out:
        for step in sorted({guard.step for guard in off}):
            edits = together(*(guard.edits for guard in off if guard.step == step))
            taken_out.enter_context(edited(drift_cloud.laptop, step, edits))
        yield

"""Each guard against a changed table switched off in the deployed package: what it prevents must show."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from tests.support.sabotage import Edit, replacing, sabotaged
from tests.system.drift.stage import Stage, Table

_OBJECTS, _REGISTRY = "functions/schema/objects.py", "functions/schema/final.py"
_RESOLVE, _EXPORT = "functions/watermark/resolve.py", "functions/export/handler.py"
_SCALE = "ALTER TABLE {t} ALTER price TYPE numeric(10,4)"


def _off(condition: str) -> Edit:
    return replacing(f"if {condition}", f"if False and {condition}")


def each(edits: Sequence[Edit]) -> Edit:
    """All edits, one after the other."""
    return lambda source: reduce(lambda text, edit: edit(text), edits, source)


_NO_REFUSALS = _off("drift.refusals:")
_WIDER = "if held_as is not None and held_as != column.target_type"
_ANY_TYPE = each(
    [
        replacing("elif held_as != column.target_type and not widens(held_as, column.target_type):", "elif False:"),
        replacing(_WIDER, f"{_WIDER} and widens(held_as, column.target_type)"),
    ]
)


@dataclass
class Seen:
    """One table's run with its guard off."""

    stage: Stage
    table: Table
    result: dict[str, Any]
    error: str

    def held(self, condition: str) -> str:
        """FINAL's rows of which this is true, whatever became of the run."""
        rows = self.stage.laptop.warehouse(f"SELECT * FROM {self.table.final} WHERE {condition}")
        return str(rows) if rows else ""

    def differs(self, select: str = "*") -> str:
        """How FINAL differs from Aurora although the run did not fail."""
        if self.result["status"] == "FAILED":
            return ""
        return self.stage.difference(self.table, select)


@dataclass(frozen=True)
class Guard:
    """What is taken out where, what then happens to the table, and the damage that was seen, empty for none."""

    name: str
    step: str
    file: str
    edit: Edit
    damage: Callable[[Seen], str]
    change: str = ""
    in_snowflake: str = ""
    at_export: str = ""
    writes: str = "UPDATE {t} SET price = 1.25, updated_at = now() WHERE id <= 5"
    spec: dict[str, Any] = field(default_factory=dict)


def guards() -> Iterator[Guard]:
    """Those that one run with all of them off can show, each on a table of its own."""
    yield Guard(
        "a type that FINAL cannot take is refused", "schema", "functions/schema/drift.py", _ANY_TYPE,
        lambda seen: seen.held("PRICE = 1.23"), change=_SCALE,
        writes="UPDATE {t} SET price = 1.2345, updated_at = now() WHERE id <= 5",
    )  # fmt: skip
    yield Guard(
        "another key is refused", "schema", _OBJECTS, _NO_REFUSALS, lambda seen: seen.differs(),
        change="ALTER TABLE {t} DROP CONSTRAINT {name}_pkey, ADD PRIMARY KEY (code)",
        writes="UPDATE {t} SET code = 'another', updated_at = now() WHERE id = 1",
    )  # fmt: skip
    yield Guard(
        "freeze", "schema", _OBJECTS, _off("frozen and drift.notes:"), lambda seen: seen.result.get("note", ""),
        change="ALTER TABLE {t} ADD plain integer", spec={"schema_changes": "freeze"},
    )  # fmt: skip
    yield Guard(
        "an unknown type is refused in words", "schema", _REGISTRY, _off("unknown:"),
        lambda seen: seen.error if seen.error != "InvalidConfiguration" else "",
        change="ALTER TABLE {t} ALTER code DROP NOT NULL, ALTER code TYPE aclitem USING NULL",
    )  # fmt: skip
    yield Guard(
        "a column of the sync's own name is refused in words", "schema", _REGISTRY, _off("name in own:"),
        lambda seen: seen.error if seen.error != "InvalidConfiguration" else "",
        change="ALTER TABLE {t} ADD _version integer DEFAULT 1",
    )  # fmt: skip
    yield Guard(
        "STAGING is made anew with FINAL", "schema", _OBJECTS,
        replacing("replace=known is not None", "replace=False"), lambda seen: seen.error,
        change="ALTER TABLE {t} ADD plain integer DEFAULT 5", in_snowflake="DROP TABLE {final}",
    )  # fmt: skip
    yield Guard(
        "the pipe is made anew for a new column", "schema", _OBJECTS,
        replacing("replace_pipe=before != [column.name for column in rules.columns]", "replace_pipe=False"),
        lambda seen: seen.error or seen.differs("*, CASE WHEN id <= 5 THEN 5 END AS plain"),
        change="ALTER TABLE {t} ADD plain integer DEFAULT 5",
    )  # fmt: skip
    yield Guard(
        "what a person dropped is made anew", "schema", _OBJECTS,
        replacing("if is_whole(target, objects):", "if True:"),
        lambda seen: seen.error, in_snowflake="DROP TABLE {staging}",
    )  # fmt: skip
    yield Guard(
        "the export refuses columns that changed after the schema step", "export", _EXPORT, _off("changed:"),
        lambda seen: seen.differs(), at_export=f"{_SCALE} USING price / 7",
    )  # fmt: skip
    yield Guard(
        "a table made anew is known by its oid", "watermark", _RESOLVE,
        each([
            replacing('recreated = run.state.last.get("oid") not in (None, run.relation.oid)', "recreated = False"),
            _off("not reload:"),
        ]),
        lambda seen: seen.differs(), writes="",
        change="CREATE TABLE {t}_next (LIKE {t} INCLUDING ALL); INSERT INTO {t}_next "
        "SELECT id, 'next', price, updated_at FROM {t} WHERE id <= 10; DROP TABLE {t}; "
        "ALTER TABLE {t}_next RENAME TO {name}",
    )  # fmt: skip
    yield Guard(
        "an idle table's new column is noticed", "watermark", _RESOLVE,
        replacing('if bounds.status == "IDLE" and other', 'if bounds.status == "NEW" and other'),
        lambda seen: seen.result["status"] if seen.result["status"] == "IDLE" else "", writes="",
        change="ALTER TABLE {t} ADD plain integer",
    )  # fmt: skip


def play_guards(stage: Stage) -> dict[str, str]:
    """The damage by guard."""
    laptop, schema = stage.laptop, stage.laptop.new_schema()
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
        _change(stage, guard, tables[guard.name])
    with _all_off(stage):
        outcome = laptop.run()
    letters = stage.letters()
    results = {one["table_name"]: one for one in outcome.tables}
    return {
        name: guard.damage(Seen(stage, table, results[str(table)], letters.get(str(table), {}).get("error", "")))
        for guard, (name, table) in zip(guards(), tables.items(), strict=True)
    }


def _change(stage: Stage, guard: Guard, table: Table) -> None:
    marks = {"t": table, "name": table.name, "final": table.final, "staging": table.staging}
    for statement in filter(None, (guard.change, guard.writes)):
        stage.laptop.sql(statement.format(**marks))
    if guard.in_snowflake:
        stage.laptop.warehouse(guard.in_snowflake.format(**marks))
    if guard.at_export:
        stage.order(table, "export.before", guard.at_export.format(**marks))


@contextmanager
def _all_off(stage: Stage) -> Iterator[None]:
    edits: dict[str, dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for guard in guards():
        if guard.edit not in (some := edits[guard.step][guard.file]):
            some.append(guard.edit)
    with ExitStack() as off:
        for step, files in edits.items():
            off.enter_context(sabotaged(stage.laptop, step, {file: each(some) for file, some in files.items()}))
        yield

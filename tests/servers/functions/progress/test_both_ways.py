"""An idle table does not ask Snowflake, and whatever happens to a table wakes it as if it had asked."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from functions.shared.aurora.fence import Fence
from functions.shared.snowflake import session
from functions.watermark.handler import handler as watermark
from tests.servers.functions.progress.both_ways import BothWays
from tests.support.steps import Steps
from tests.support.strategies import VARIANTS, WITH_WATERMARK

each = pytest.mark.parametrize("strategy", VARIANTS)
Made = Callable[..., BothWays]

# What may happen to a table between two runs: to Aurora's table, and to FINAL.
IN_AURORA: Mapping[str, str] = {
    "insert": "INSERT INTO {t} SELECT max(id) + 1, now() - interval '1 h', 'good', 'x' FROM {t}",
    "update": "UPDATE {t} SET pad = 'y', at = now() - interval '1 h' WHERE id = (SELECT min(id) FROM {t})",
    "delete": "DELETE FROM {t} WHERE id = (SELECT max(id) FROM {t})",
    "column": "ALTER TABLE {t} ADD COLUMN n{number} int",
    "label": "ALTER TYPE {s}.mood RENAME VALUE '{label}' TO '{other}'",
    "recreated": "CREATE TABLE {s}.n (LIKE {t} INCLUDING ALL); DROP TABLE {t}; ALTER TABLE {s}.n RENAME TO t; {fill}",
    "truncate": "TRUNCATE {t}; {fill}",
    "rewritten": "VACUUM FULL {t}",
}
IN_FINAL: Mapping[str, str] = {
    "row deleted": 'DELETE FROM {f} WHERE "ID" = (SELECT MAX("ID") FROM {f})',
    "rows deleted": "DELETE FROM {f}",
    "row edited": 'UPDATE {f} SET "PAD" = \'edited\' WHERE "ID" = (SELECT MIN("ID") FROM {f})',
    "watermark edited": 'UPDATE {f} SET "AT" = DATEADD(\'day\', -1, "AT"), "ID" = "ID" - 100',
    "versions edited": 'UPDATE {f} SET "_VERSION" = "_VERSION" + 1000000',
    "dropped": "DROP TABLE {f}",
    "column added": "ALTER TABLE {f} ADD COLUMN EXTRA{number} NUMBER",
    "column renamed": 'ALTER TABLE {f} RENAME COLUMN "AT" TO "AT{number}"',
    "restored": "CREATE TABLE {copy} CLONE {f}; DROP TABLE {f}; ALTER TABLE {copy} RENAME TO {f}",
}
FILL = (
    "INSERT INTO {t} SELECT n, now() - interval '1 day' + n * interval '1 s', '{label}', 'x' "
    "FROM generate_series(1, 5) AS n"
)


class Play(BothWays):
    """The same, with what may happen to the table."""

    owner: Any
    number = 0
    labels = ("good", "fine")

    def happens(self, event: str) -> None:
        self.number += 1
        words = {
            "t": self.steps.spec["table_name"],
            "s": self.steps.spec["table_name"].split(".")[0],
            "f": self.steps.objects.final,
            "copy": f'"AURORA"."FINAL"."COPY{self.number}"',
            "number": self.number,
            "label": self.labels[0],
            "other": self.labels[1],
        }
        if event == "label":
            self.labels = self.labels[1], self.labels[0]
        act = self.steps.warehouse.execute if event in IN_FINAL else self.owner.execute
        for statement in {**IN_AURORA, **IN_FINAL}[event].format(**words, fill=FILL.format(**words)).split(";"):
            act(statement)


@pytest.fixture
def made(
    owner: Any,
    schema: str,
    steps_of: Callable[[dict[str, Any]], Steps],
    context: Mock,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Play]:
    """A table of five rows that was copied, and is idle."""
    owner.execute(f"CREATE TYPE {schema}.mood AS ENUM ('good', 'bad')")
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL, m {schema}.mood, pad text)")
    owner.execute(FILL.format(t=f"{schema}.t", label="good"))

    def play(strategy: str, **spec: Any) -> Play:
        steps = steps_of({"table_name": f"{schema}.t", **VARIANTS[strategy], **spec})
        made = Play(steps, context, monkeypatch)
        made.owner = owner
        made.run()
        return made

    return play


@each
def test_an_idle_table_opens_no_session_of_snowflake(
    made: Any, context: Mock, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    table = made(strategy)
    handed = table.found()
    monkeypatch.setattr(session, "_connect", Mock(side_effect=AssertionError("a session was opened")))
    bounds = watermark({"table": table.steps.table, "execution": "e", "progress": handed}, context)["bounds"]
    assert bounds["status"] == "IDLE"


@each
def test_an_idle_table_is_idle_by_the_ledger_as_by_final(made: Any, strategy: str) -> None:
    bounds, sufficed = made(strategy).compare()
    assert (bounds["status"], sufficed) == ("IDLE", True)


@each
def test_an_empty_table_is_idle_by_the_ledger_as_well(made: Any, owner: Any, schema: str, strategy: str) -> None:
    owner.execute(f"DELETE FROM {schema}.t")
    bounds, sufficed = made(strategy).compare()
    assert (bounds["status"], sufficed) == ("IDLE", True)


@pytest.mark.parametrize("event", [*IN_AURORA, *IN_FINAL])
def test_what_happens_to_a_table_has_the_same_bounds_either_way(made: Any, event: str) -> None:
    table = made("timestamp")
    table.happens(event)
    bounds, sufficed = table.compare()
    assert not (sufficed and bounds["status"] == "NEW")
    assert not (sufficed and event in IN_FINAL)


@each
def test_ids_that_went_back_are_seen_by_the_ledger(made: Any, strategy: str) -> None:
    def restored(fence: Fence) -> Fence:
        return replace(fence, version=3, horizon=3)

    bounds, _ = made(strategy).compare(restored)
    assert bounds["reset"]
    assert bounds["status"] != "IDLE"


@each
def test_another_cluster_is_seen_by_the_ledger(made: Any, owner: Any, schema: str, strategy: str) -> None:
    table = made(strategy)
    owner.execute(IN_AURORA["insert"].format(t=f"{schema}.t"))
    table.steps.cluster = "cluster-BLUE"
    table.run()
    assert table.compare()[0]["status"] == "IDLE"
    table.steps.cluster = "cluster-GREEN"
    bounds, _ = table.compare()
    assert bounds["reset"]
    assert bounds["status"] != "IDLE"


@pytest.mark.parametrize("strategy", WITH_WATERMARK)
def test_another_watermark_is_asked_about(made: Any, owner: Any, schema: str, strategy: str) -> None:
    table = made(strategy)
    owner.execute(f"ALTER TABLE {schema}.t ADD COLUMN seen timestamptz NOT NULL DEFAULT now() - interval '2 h'")
    table.run()
    table.steps.spec.clear()
    table.steps.spec.update({"table_name": f"{schema}.t", "watermark_col": "seen"})
    assert table.found() == {}
    bounds, _ = table.compare()
    assert (bounds["status"], "and is now column seen: reloaded" in bounds["note"]) == ("NEW", True)


@each
def test_any_history_has_the_same_bounds_either_way(made: Any, strategy: str) -> None:
    """Rows, columns and FINAL change in any order, with runs in between that may fail."""
    chosen = random.Random(strategy)
    table = made(strategy)
    for _ in range(6):
        table.happens(chosen.choice([*IN_AURORA, "row deleted", "watermark edited", "versions edited", "column added"]))
        table.compare()
        if chosen.random() < 0.7:
            bounds, _ = table.compare()
            if bounds["status"] == "FAILED":
                table.steps.spec["full_refresh"] = True
            table.run()
            table.steps.spec.pop("full_refresh", None)
            table.compare()

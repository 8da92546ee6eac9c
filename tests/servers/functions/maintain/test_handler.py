"""One maintenance of everything: what it answers, measures, and does where a part of it fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from functions.maintain import handler as module
from functions.maintain.handler import handler
from functions.shared.ground.errors import MaintenanceFailed
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.pipes import read_pipes
from functions.shared.snowflake.statements import table_statements
from functions.shared.snowflake.tables import record_rules
from local.snowflake.pipes.pipe import ListedObject
from local.snowflake.state import State
from tests.servers.functions.maintain.aged import Aged
from tests.support.batches import KEYED, Target, at

NOW = datetime.now(UTC)


@pytest.fixture
def table(target: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aged]:
    """A table with a load that was given up long ago."""
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    target.make(KEYED)
    record_rules(target.warehouse, target.objects, 1, KEYED, [])
    target.stage([("1", "1", at(1)), ("2", "2", at(2))], "public.t/run-gone.csv")
    aged = Aged(target)
    aged.scanned(40)
    yield aged
    target.warehouse.execute(f"DROP TABLE {target.objects.staging}")


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    found: dict[str, float] = {}
    monkeypatch.setattr(module, "count", lambda name, value: found.update({name: value}))
    return found


def test_it_says_and_measures_what_it_removed(table: Aged, context: Mock, metrics: dict[str, float]) -> None:
    table.merged([("1", "1", at(1))], 10, days=200)
    table.merged([("1", "1", at(1))], 20, days=100)
    table.target.stage([("3", "3", at(3))], "public.t/run-gone-too.csv")
    table.scanned(40)
    maintained = handler({}, context)["maintained"]
    assert maintained["staged_rows"] == 3
    assert maintained["history"].keys() == {"LEDGER", "BATCHES", "BATCH_FILES", "READINGS", "TABLES"}
    assert maintained["history"]["LEDGER"] >= 1
    assert maintained["orphans"] == {"files": 0, "bytes": 0}
    assert metrics["StagedRowsRemoved"] == 3
    assert metrics["HistoryRowsRemoved"] == sum(maintained["history"].values())
    assert handler({}, context)["maintained"]["staged_rows"] == 0


def test_an_empty_staging_is_not_asked(table: Aged, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Target(table.target.warehouse, f"e_{table.target.name}")
    empty.make(KEYED)
    record_rules(empty.warehouse, empty.objects, 1, KEYED, [])
    remove = Mock(return_value=0)
    monkeypatch.setattr(module, "remove_rows", remove)
    handler({}, context)
    asked = [call.args[1] for call in remove.call_args_list]
    assert table.target.objects in asked
    assert empty.objects not in asked


def test_one_failure_stops_nothing_else(table: Aged, context: Mock, metrics: dict[str, float]) -> None:
    """Somebody has changed another table's STAGING."""
    other = Target(table.target.warehouse, f"a_{table.target.name}")
    other.make(KEYED)
    record_rules(other.warehouse, other.objects, 1, KEYED, [])
    other.stage([("1", "1", at(1))], "f")
    other.warehouse.execute(f'ALTER TABLE {other.objects.staging} RENAME COLUMN "_SCANNED_AT" TO "_OTHER"')
    with pytest.raises(MaintenanceFailed) as raised:
        handler({}, context)
    other.warehouse.execute(f"DROP TABLE {other.objects.staging}")
    assert "1 parts of the maintenance failed, the others are done: " in str(raised.value)
    assert f"public.{other.name}: " in str(raised.value)
    assert metrics["StagedRowsRemoved"] == 2
    assert table.target.staged() == 0


def test_pipes_of_former_layouts_go_though_the_table_is_idle(
    table: Aged, context: Mock, snowflake_state: State
) -> None:
    for statement in table_statements(table.target.objects, replace(KEYED, layout=2)):
        table.target.warehouse.execute(statement)
    record_rules(table.target.warehouse, table.target.objects, 1, replace(KEYED, schema_version=2, layout=2), [])

    def pipes() -> list[int]:
        return sorted(pipe.layout for pipe in read_pipes(table.target.warehouse, table.target.objects))

    assert handler({}, context)["maintained"]["pipes"] == 0
    assert pipes() == [1, 2]
    [made] = [
        pipe
        for name, pipe in snowflake_state.pipes._pipes.items()
        if name.name.endswith(f"{table.target.name.upper()}$$v2")
    ]
    made.created -= timedelta(days=2)
    assert handler({}, context)["maintained"]["pipes"] == 1
    assert pipes() == [2]


def listed(name: str, size: int, days: float) -> ListedObject:
    return ListedObject(f"s3://{settings().staging_bucket}/{name}", size, "", NOW - timedelta(days=days))


def test_files_without_a_batch_are_counted(
    table: Aged, context: Mock, snowflake_state: State, metrics: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those that wait for their batch or are too old to say, nor what an empty slice left."""
    table.target.load([("7", "7", at(7))], version=10)
    [file] = table.target.warehouse.rows('SELECT MAX("FILE_NAME") AS "NAME" FROM "AURORA"."CONTROL"."BATCH_FILES"')
    found = [
        listed(file["NAME"], 100, 3),
        listed("public.t/failed.csv", 10, 3),
        listed("public.t/failed_part2.csv", 5, 4),
        listed("public.t/waits.csv", 1000, 0.5),
        listed("public.t/pruned.csv", 1000, 91),
        listed("public.t/empty.csv", 0, 3),
    ]
    monkeypatch.setattr(snowflake_state.pipes, "list_objects", lambda _location: found)
    maintained: dict[str, Any] = handler({}, context)["maintained"]
    oldest = (NOW - timedelta(days=4)).replace(tzinfo=None, microsecond=0).isoformat()
    assert maintained["orphans"] == {"files": 2, "bytes": 15, "oldest": oldest}
    assert (metrics["OrphanFiles"], metrics["OrphanBytes"]) == (2, 15)

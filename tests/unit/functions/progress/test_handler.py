"""Which tables the step asks about, and how many answers the execution's state has room for."""

import json
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

import pytest

from functions.progress import handler as progress
from functions.shared.contract.state import Execution, Table
from functions.shared.contract.watermark import Progress, Watermark
from local.aws.workflow.execution import MAX_STATE_DATA_BYTES


def table(number: int, **spec: Any) -> Table:
    name = f"commerce.bestellungen_straße_{number:05}"
    return Table(table_name=name, spec={"table_name": name, "watermark_col": "at", **spec}, digest="d" * 16)


def progress_of(size: int) -> Progress:
    return Progress(low="2026-01-01T00:00:00.000000+00:00", version=10**15, last=Watermark(shape="x" * size))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The tables that Snowflake was asked about, for each session."""
    found: list[set[str]] = []

    @contextmanager
    def session(_table: str) -> Any:
        yield "session"

    def read(_session: Any, _database: str, specs: dict[str, Any]) -> dict[str, Progress]:
        found.append(set(specs))
        return {name: progress_of(1) for name in specs}

    monkeypatch.setattr(progress, "snowflake_session", session)
    monkeypatch.setattr(progress, "read_recorded", read)
    return found


def run(context: Mock, *tables: Table) -> set[str]:
    event = {"tables": [one.model_dump(mode="json") for one in tables]}
    return set(progress.handler(event, context)["progress"])


def test_tables_that_cannot_be_idle_are_not_asked_about(context: Mock, asked: list[set[str]]) -> None:
    idle, broken = table(1), Table(table_name="public.broken", problem="public.broken: it has no watermark")
    replayed = table(2).model_copy(update={"replay": True})
    assert run(context, idle, broken, replayed, table(3, full_refresh=True)) == {idle.table_name}
    assert asked == [{idle.table_name}]


def test_without_such_a_table_snowflake_is_not_asked(context: Mock, asked: list[set[str]]) -> None:
    assert run(context, table(1).model_copy(update={"replay": True})) == set()
    assert asked == []


def test_a_hundred_thousand_bytes_of_one_table_do_not_keep_the_others_out() -> None:
    tables = [table(number) for number in range(300)]
    found = {one.table_name: progress_of(300_000 if number == 0 else 300) for number, one in enumerate(tables)}
    fitting = progress.fit(found, tables)
    assert set(fitting) == {one.table_name for one in tables[1:]}


@pytest.mark.parametrize("count", [1, 100, 600, 1000, 1150])
@pytest.mark.parametrize("size", [1, 400, 4000, 100_000])
def test_the_state_never_outgrows_what_an_execution_may_hold(count: int, size: int) -> None:
    tables = [table(number) for number in range(count)]
    found = {one.table_name: progress_of(size) for one in tables}
    fitting = progress.fit(found, tables)
    assert state_bytes(tables, fitting) < MAX_STATE_DATA_BYTES
    more = {**fitting, **dict([one for one in found.items() if one[0] not in fitting][:100])}
    assert more == fitting or state_bytes(tables, more) > MAX_STATE_DATA_BYTES * 0.8


def state_bytes(tables: list[Table], fitting: dict[str, Progress]) -> int:
    state = Execution(tables=tables, progress=fitting).model_dump(mode="json")
    return len(json.dumps(state, separators=(",", ":"), ensure_ascii=False).encode())


def test_hundreds_of_tables_have_room() -> None:
    tables = [table(number) for number in range(400)]
    assert len(progress.fit({one.table_name: progress_of(16) for one in tables}, tables)) == 400


def test_tables_that_fill_the_state_themselves_leave_no_room() -> None:
    tables = [table(number) for number in range(3000)]
    assert progress.fit({one.table_name: progress_of(1) for one in tables}, tables) == {}

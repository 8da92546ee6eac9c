"""Await load: exactly this batch's rows, no more and no fewer."""

import re
from typing import Any
from unittest.mock import Mock

import pytest

from functions.await_load.handler import handler
from functions.shared.contract.names import literal
from functions.shared.ground.errors import LoadFailed, LoadTimedOut
from functions.shared.snowflake import session as warehouse
from tests.servers.functions.await_load.loads import NOTICED, ROWS, event
from tests.support.batches import Target


def test_all_rows_of_all_parts_are_loaded(made: Target, context: Mock) -> None:
    made.stage(ROWS[:1], f"{made.name}.csv")
    made.stage(ROWS[1:], f"{made.name}.csv_part2")
    made.stage(ROWS, "another batch's file")
    load = handler(event(made, 2), context)["load"]
    assert (load["status"], load["loaded"]) == ("LOADED", 2)


def test_missing_rows_are_waited_for_ever_more_patiently(made: Target, context: Mock) -> None:
    made.stage(ROWS[:1], f"{made.name}.csv")
    waits = []
    for waited in (NOTICED, 180, 1000):
        asked = event(made, 2, waited)
        asked["load"]["refreshed"] = True
        load = handler(asked, context)["load"]
        assert (load["status"], load["loaded"]) == ("PENDING", 1)
        waits.append(load["wait_seconds"])
    assert waits == [68, 90, 120]


def test_rows_that_do_not_come_in_time_are_a_dead_letter(made: Target, context: Mock) -> None:
    with pytest.raises(LoadTimedOut, match=r"loaded 0 of 2 rows; its pipe runs with 0 files queued: check SYSTEM"):
        handler(event(made, 2, 1801), context)


def test_a_file_loaded_twice_is_refused(made: Target, context: Mock) -> None:
    made.stage([*ROWS, ROWS[0]], f"{made.name}.csv")
    with pytest.raises(LoadFailed, match=r"holds 3 rows of a batch of 2: a file was loaded twice"):
        handler(event(made, 2), context)


def history(target: Target, monkeypatch: pytest.MonkeyPatch, *told: tuple[str, str, str | None, str | None]) -> None:
    """What COPY_HISTORY tells from here on: file, status, line and message of the first error."""
    entries = ", ".join(f"({', '.join('NULL' if part is None else literal(part) for part in row)})" for row in told)
    entries = f"VALUES {entries} AS H(FILE_NAME, STATUS, FIRST_ERROR_LINE_NUMBER, FIRST_ERROR_MESSAGE)"
    rows = target.warehouse.rows

    def tell(query: str, values: Any = ()) -> list[dict[str, Any]]:
        return rows(re.sub(r"TABLE\(\S+COPY_HISTORY\(.+?\){4}", lambda _: entries, query), values)

    monkeypatch.setattr(target.warehouse, "rows", tell)


def listed(target: Target) -> list[tuple[Any, ...]]:
    found = target.warehouse.rows(
        'SELECT "BATCH_ID", "FILE_NAME", "ROW_NUMBER", "VERSION", "REASON", "RAW" FROM "AURORA"."CONTROL"."QUARANTINE" '
        f'WHERE "TABLE_NAME" = \'public.{target.name}\' ORDER BY "FILE_NAME"'
    )
    return [tuple(row.values()) for row in found]


def test_refused_files_are_listed_once_however_often_they_are_looked_at(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = f"{made.name}.csv", f"{made.name}.csv_part2"
    error = "Numeric value 'it''s 100%s\\' is not recognized"
    history(
        made,
        monkeypatch,
        (first, "Partially loaded", "7", error),
        (second, "Load failed", None, None),
        (second, "Load failed", None, None),
    )
    for _ in range(2):
        with pytest.raises(LoadFailed, match=r"Snowpipe refused 2 of 2 files") as raised:
            handler(event(made, 2), context)
        assert "Numeric value '…' is not recognized; mend" in str(raised.value)
        assert "it's" not in str(raised.value)
        assert listed(made) == [("b", first, 7, 1, error, None), ("b", second, 0, 1, "Load failed", None)]


@pytest.mark.parametrize("told", ["2026/11/22/06/run.csv", "/2026/11/22/06/run.csv", "orders/2026/11/22/06/run.csv"])
def test_a_refused_file_is_known_wherever_its_relative_name_begins(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    asked = event(made, 2)
    asked["batch"]["files"] = [{"name": "orders/2026/11/22/06/run.csv", "version": 1}]
    history(
        made, monkeypatch, (told, "Load failed", "2", "bad"), ("2026/11/22/06/another.csv", "Load failed", "9", "no")
    )
    with pytest.raises(LoadFailed, match=r"Snowpipe refused 1 of 1 files"):
        handler(asked, context)
    assert listed(made) == [("b", "orders/2026/11/22/06/run.csv", 2, 1, "bad", None)]


def test_a_loaded_file_is_not_listed(made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    made.stage(ROWS, f"{made.name}.csv")
    history(made, monkeypatch, (f"{made.name}.csv", "Loaded", None, None))
    assert handler(event(made, 2), context)["load"]["status"] == "LOADED"
    assert listed(made) == []


def test_a_batch_without_rows_needs_no_load(made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "_connect", Mock(side_effect=AssertionError("asked Snowflake")))
    assert handler(event(made, 0), context)["load"]["status"] == "LOADED"

"""The replay step with the steps after it."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from functions.merge.handler import handler as merge
from functions.reconcile.handler import handler as reconcile
from functions.replay.handler import handler
from functions.shared.aurora import session as aurora
from functions.shared.ground.errors import InvalidConfiguration, WarehouseRejected
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.control import insert_into
from functions.shared.snowflake.statements import restage_statement
from tests.servers.functions.replay.quarantine import Quarantined, refuse_file
from tests.support.batches import Target, at
from tests.support.guards import rendered_without
from tests.support.steps import Steps

XMIN = {"watermark_type": "xmin", "watermark_col": None}


@pytest.fixture
def table(target: Target, monkeypatch: pytest.MonkeyPatch) -> Quarantined:
    """Row 2 is in FINAL without its value; nobody asks Aurora."""
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    monkeypatch.setattr(aurora, "_connect", Mock(side_effect=AssertionError("asked Aurora")))
    made = Quarantined(target)
    made.make()
    made.sync([("1", "10", at(1)), ("2", "x", at(2))], 10)
    return made


def asked(name: str, **spec: Any) -> dict[str, Any]:
    """What the workflow gives the step."""
    spec = {"table_name": name, "watermark_col": "at", **spec}
    return {"table": {"table_name": name, "spec": spec, "digest": "d", "replay": True}, "execution": "run-2"}


def event_of(table: Quarantined, **spec: Any) -> dict[str, Any]:
    return asked(f"public.{table.target.name}", **spec)


def finished(event: dict[str, Any], context: Mock) -> dict[str, Any]:
    """Merged and reconciled: the result."""
    event = {**event, **merge(event, context)}
    result: dict[str, Any] = reconcile(event, context)["result"]
    return result


def replayed(event: dict[str, Any], context: Mock) -> dict[str, Any]:
    return finished({**event, **handler(event, context)}, context)


def test_a_replay_ends_as_a_loaded_table_that_says_what_became_of_its_rows(table: Quarantined, context: Mock) -> None:
    table.mend("value")
    result = replayed(event_of(table), context)
    counts = [result[term] for term in ("exported", "loaded", "merged", "duplicates", "quarantined", "held")]
    assert counts == [1, 1, 1, 0, 0, 0]
    assert result["note"] == "1 rows replayed, 1 settled, 0 remain in quarantine"
    assert (result["drift"], result["sampled"], result["quarantined_columns"]) == (None, 0, {})
    assert table.target.final() == [(1, None), (2, "x")]


def test_what_remains_is_told_by_column(table: Quarantined, context: Mock) -> None:
    result = replayed(event_of(table), context)
    assert result["note"] == "1 rows replayed, 0 settled, 1 remain in quarantine"
    assert result["quarantined_columns"] == {"VALUE": 1}


def test_what_one_replay_does_not_take_is_told(
    table: Quarantined, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.sync([("3", "x", at(3)), ("4", "x", at(4))], 11)
    monkeypatch.setattr("functions.replay.restage._MOST_ROWS", 1)
    assert replayed(event_of(table), context)["note"].endswith("; 2 rows wait in quarantine for another replay")


def test_a_replay_does_not_pass_for_the_reload_that_full_refresh_asks_for(table: Quarantined, context: Mock) -> None:
    assert replayed(event_of(table, full_refresh=True), context)["full_refresh"] is False


def test_nothing_in_quarantine_is_idle(table: Quarantined, context: Mock) -> None:
    table.mend("value")
    replayed(event_of(table), context)
    answer = handler(event_of(table), context)
    assert answer.keys() == {"bounds"}
    assert (answer["bounds"]["status"], answer["bounds"]["note"]) == ("IDLE", "nothing in quarantine")


def test_a_table_that_was_never_synced_is_idle(target: Target, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "_connect", lambda _table: target.warehouse)
    assert handler(asked(f"public.{target.name}"), context)["bounds"]["status"] == "IDLE"


def test_refused_files_are_no_rows_to_replay(table: Quarantined, context: Mock) -> None:
    table.mend("value")
    replayed(event_of(table), context)
    refuse_file(table)
    bounds = handler(event_of(table), context)["bounds"]
    assert bounds["status"] == "IDLE"
    assert "1 refused files stay listed until the table's next run" in bounds["note"]


def test_two_replays_at_once_both_end_well(table: Quarantined, context: Mock) -> None:
    table.mend("value")
    event = event_of(table)
    first, second = ({**event, **handler(event, context)} for _ in range(2))
    results = [finished(one, context) for one in (first, second)]
    assert [result["merged"] for result in results] == [1, 1]
    assert results[0]["batch_id"] == results[1]["batch_id"]
    ledger = table.target.warehouse.rows(
        f'SELECT 1 FROM "AURORA"."CONTROL"."LEDGER" WHERE "TABLE_NAME" = \'public.{table.target.name}\''
    )
    assert len(ledger) == 2
    assert table.target.final() == [(1, None), (2, "x")]


def test_the_event_names_one_file_however_many_the_batch_has(table: Quarantined, context: Mock) -> None:
    for number in range(3, 9):
        table.sync([(str(number), "x", at(number))], 10 + number)
    event = event_of(table)
    event |= handler(event, context)
    assert (event["batch"]["rows"], len(event["batch"]["files"])) == (7, 1)
    assert event["batch"]["files"][0]["version"] == 10
    assert finished(event, context)["quarantined"] == 7
    files = table.target.warehouse.rows(
        'SELECT "FILE_NAME", "VERSION" FROM "AURORA"."CONTROL"."BATCH_FILES" WHERE "BATCH_ID" = %s ORDER BY 2',
        [event["batch"]["id"]],
    )
    assert [int(file["VERSION"]) for file in files] == [10, *range(13, 19)]


def test_a_broken_specification_is_told_as_anywhere(table: Quarantined, context: Mock) -> None:
    with pytest.raises(InvalidConfiguration, match=r"watermark_col is missing"):
        handler({"table": {"table_name": "t", "problem": "t: watermark_col is missing"}, "execution": "e"}, context)


def test_a_replay_that_snowflake_rejects_changes_nothing(
    table: Quarantined, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where it is interrupted after STAGING is filled: all of it is one transaction."""
    head = insert_into("AURORA", "BATCHES")
    elsewhere = head.replace("BATCHES", "NO_BATCHES")
    monkeypatch.setattr(
        "functions.replay.restage.restage_statement", lambda *given: restage_statement(*given).replace(head, elsewhere)
    )
    with pytest.raises(WarehouseRejected, match=rf"^public.{table.target.name}: "):
        handler(event_of(table), context)
    assert table.target.staged() == 0
    assert table.open() == [("2", 2)]


@pytest.fixture
def steps(owner: Any, schema: str, steps_of: Callable[[dict[str, Any]], Steps]) -> Steps:
    """A table of Aurora with a row in quarantine, synced by xmin."""
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, day date NOT NULL)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, '2026-01-01'), (2, 'infinity')")
    made = steps_of({"table_name": f"{schema}.t", "watermark_type": "xmin"})
    [result] = made.run()
    assert (result["merged"], result["quarantined"]) == (1, 1)
    return made


def test_the_next_run_starts_where_it_would_have(steps: Steps, owner: Any, context: Mock) -> None:
    owner.execute(f"INSERT INTO {steps.spec['table_name']} VALUES (3, '2026-01-03')")
    replayed(asked(steps.spec["table_name"], **XMIN), context)
    [result] = steps.run()
    assert (result["exported"], result["merged"]) == (1, 1)
    assert steps.final() == [1, 2, 3]


def test_with_a_watermark_of_its_own_the_rows_of_between_would_be_missed(
    steps: Steps, owner: Any, context: Mock
) -> None:
    owner.execute(f"INSERT INTO {steps.spec['table_name']} VALUES (3, '2026-01-03')")
    owner.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    own = f'\'{{"reads": "xmin", "horizon": {owner.fetchone()[0]}}}\''
    with rendered_without("rows-skipped-after-a-replay", own):
        replayed(asked(steps.spec["table_name"], **XMIN), context)
    assert steps.run() == []
    assert steps.final() == [1, 2]


def test_a_run_and_a_replay_at_once_leave_both_rows(steps: Steps, owner: Any, context: Mock) -> None:
    """The replay copies its watermark before a run merges and is merged after it: the next run reads a little again."""
    event = asked(steps.spec["table_name"], **XMIN)
    event |= handler(event, context)
    owner.execute(f"INSERT INTO {steps.spec['table_name']} VALUES (3, '2026-01-03')")
    steps.run()
    assert finished(event, context)["quarantined"] == 1
    owner.execute(f"INSERT INTO {steps.spec['table_name']} VALUES (4, '2026-01-04')")
    [result] = steps.run()
    assert result["exported"] == 2
    assert steps.final() == [1, 2, 3, 4]

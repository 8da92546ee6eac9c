"""Both ways to run a merge: what is asked of Snowflake, and what each answer means."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import Mock

import pytest
from snowflake.connector.errors import DatabaseError, Error, ProgrammingError

from functions.merge import runners
from functions.merge.runners import RUNNERS
from functions.shared.contract.names import SourceTable
from functions.shared.contract.spec import parse_spec
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from tests.support.batches import KEYED

OBJECTS = TableObjects("AURORA", SourceTable("public", "orders"))
SPEC = parse_spec({"table_name": "public.orders", "watermark_col": "at", "warehouse": "big"}, "p")


def answering(*rows: dict[str, Any]) -> Any:
    return Mock(rows=Mock(return_value=list(rows)), execute=Mock())


def run(
    state: str, value: str | None = None, error: str | None = None, number: str | None = None, own: bool = True
) -> dict[str, Any]:
    return {"STATE": state, "RETURN_VALUE": value, "ERROR_CODE": number, "ERROR_MESSAGE": error, "OWN": own}


def outcome(*rows: dict[str, Any], ago: int = 0) -> str | None:
    submitted = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    return RUNNERS["task"].outcome(cast("SnowflakeSession", answering(*rows)), OBJECTS, "b1", submitted)


def test_the_task_is_run_for_one_batch() -> None:
    snowflake = answering()
    submitted = RUNNERS["task"].submit(snowflake, SPEC, OBJECTS, KEYED, "b1")
    [call] = snowflake.execute.call_args_list
    assert call.args[0].startswith('EXECUTE TASK "AURORA"."STAGING"."PUBLIC__ORDERS" USING CONFIG = ')
    assert '"batch_id": "b1"' in call.args[0]
    assert datetime.now(UTC) - datetime.fromisoformat(submitted) < timedelta(seconds=5)


@pytest.mark.parametrize("rows", [[], [run("SCHEDULED")], [run("EXECUTING")], [run("EXECUTING", own=False)]])
def test_a_run_that_is_not_listed_or_not_over_has_no_outcome(rows: list[dict[str, Any]]) -> None:
    assert outcome(*rows) is None


@pytest.mark.parametrize("rows", [[run("EXECUTING", own=False)], [run("SCHEDULED", own=False)], [run("SCHEDULED")]])
def test_it_may_still_come_while_the_task_has_a_run_under_way(rows: list[dict[str, Any]]) -> None:
    assert outcome(*rows, ago=3600) is None


@pytest.mark.parametrize(
    "submitted", ["task", (datetime.now(UTC) - timedelta(minutes=3)).isoformat()], ids=["former", "dated"]
)
def test_a_run_that_is_not_listed_for_long_was_replaced(submitted: str) -> None:
    assert RUNNERS["task"].outcome(answering(), OBJECTS, "b1", submitted) == "TASK_REPLACED"


@pytest.mark.parametrize("word", ["MERGED", "ALREADY_MERGED", "MASS_DELETE 200 300", "UNREPRESENTABLE 2"])
def test_the_outcome_is_what_the_run_returned(word: str) -> None:
    assert outcome(run("SUCCEEDED", word)) == word


@pytest.mark.parametrize(("state", "error"), [("FAILED", "no warehouse"), ("SKIPPED", None), ("CANCELLED", None)])
def test_a_run_that_did_not_succeed_says_how_it_ended(state: str, error: str | None) -> None:
    assert outcome(run(state, error=error)) == " ".join(filter(None, [f"TASK_{state}", error]))


@pytest.mark.parametrize(("number", "word"), [("000630", "TIMED_OUT"), ("604", "TIMED_OUT"), ("2003", "TASK_FAILED")])
def test_a_run_that_passing_trouble_ended_says_so(number: str, word: str) -> None:
    """By its number: its text may quote a row."""
    told = outcome(run("FAILED", error="Row Values: [secret]", number=number))
    assert told == f"{word} {int(number)}: see TASK_HISTORY for its message"


def test_only_runs_of_this_batch_and_this_table_are_asked_for() -> None:
    snowflake = answering()
    RUNNERS["task"].outcome(snowflake, OBJECTS, "b1", "2026-01-01T00:00:00+00:00")
    asked = snowflake.rows.call_args.args[0]
    for part in ("TASK_NAME => 'PUBLIC__ORDERS'", "SCHEMA_NAME = 'STAGING'", "'b1'", "'2026-01-01T00:00:00+00:00'"):
        assert part in asked


def test_a_look_at_a_task_is_one_at_the_ledger() -> None:
    found, none = answering({"FOUND": 1}), answering()
    assert RUNNERS["task"].poll(found, OBJECTS, "b1", "task") == "MERGED"
    assert RUNNERS["task"].poll(none, OBJECTS, "b1", "task") is None
    assert all(
        "TASK_HISTORY" not in call.args[0] for call in (*found.rows.mock_calls, *none.rows.mock_calls) if call.args
    )
    assert '"LEDGER"' in none.rows.call_args.args[0]


def ending(error: Error) -> Any:
    return Mock(is_running=Mock(return_value=False), outcome=Mock(side_effect=error))


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ProgrammingError("cancelled", errno=604, sqlstate="57014"), "TIMED_OUT"),
        (DatabaseError("cancelled", errno=604, sqlstate="57014"), "TIMED_OUT"),
        (ProgrammingError("quota", errno=90073, sqlstate="22000"), "INTERRUPTED"),
        (ProgrammingError("internal", errno=603, sqlstate="XX000"), "INTERRUPTED"),
        (DatabaseError("results are unavailable"), "INTERRUPTED"),
        (ProgrammingError("too long", errno=630, sqlstate="57014"), "TIMED_OUT"),
    ],
)
def test_a_query_that_passing_trouble_ended_has_a_word_for_it(error: Error, word: str) -> None:
    found = RUNNERS["query"].outcome(ending(error), OBJECTS, "b1", "query")
    assert found is not None
    assert found.partition(" ")[0] == word


@pytest.mark.parametrize("kind", [ProgrammingError, DatabaseError])
def test_a_query_that_snowflake_rejected_is_an_error(kind: type[Error]) -> None:
    rejected = kind("Unsupported subquery type", errno=2031, sqlstate="42601")
    with pytest.raises(kind):
        RUNNERS["query"].outcome(ending(rejected), OBJECTS, "b1", "query")


def own(monkeypatch: pytest.MonkeyPatch, **methods: Any) -> Mock:
    session = Mock(**methods)

    @contextmanager
    def opened(_table: str) -> Iterator[Mock]:
        yield session

    monkeypatch.setattr(runners, "own_session", opened)
    return session


def test_a_query_is_submitted_in_a_session_of_its_own_on_the_tables_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    session, warm = own(monkeypatch, submit=Mock(return_value="q")), Mock()
    assert RUNNERS["query"].submit(warm, SPEC, OBJECTS, KEYED, "b1") == "q"
    assert [call[0] for call in session.method_calls] == ["execute", "submit"]
    session.execute.assert_called_once_with('USE WAREHOUSE "BIG"')
    assert not warm.method_calls


def test_an_unknown_warehouse_names_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ProgrammingError("Object does not exist, or operation cannot be performed.", errno=2043)
    own(monkeypatch, execute=Mock(side_effect=missing))
    with pytest.raises(InvalidConfiguration, match=r"^public.orders: warehouse BIG does not exist.*key warehouse"):
        RUNNERS["query"].submit(Mock(), SPEC, OBJECTS, KEYED, "b1")

"""Tasks: their runs one after the other, what a run is told and tells, and what TASK_HISTORY says."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
from snowflake.connector import DictCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import ProgrammingError

from tests.standin.snowflake.account import eventually

HISTORY = (
    "SELECT * FROM TABLE(D.INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => 'x', "
    "SCHEDULED_TIME_RANGE_START => DATEADD(hour, -1, CURRENT_TIMESTAMP()))) ORDER BY SCHEDULED_TIME"
)
REPORT = """CREATE OR REPLACE TASK X AS EXECUTE IMMEDIATE $$
BEGIN
  LET batch VARCHAR := COALESCE(SYSTEM$GET_TASK_GRAPH_CONFIG('batch_id')::VARCHAR, 'oldest');
  INSERT INTO T (B) VALUES (:batch);
  LET word VARCHAR := :batch || ' MERGED';
  CALL SYSTEM$SET_RETURN_VALUE(:word);
  RETURN word;
END;
$$"""


@pytest.fixture
def table(session):
    session.execute("CREATE OR REPLACE TABLE T (B VARCHAR)")
    session.duck.execute("DELETE FROM _fs_global.main._sf_task_history")
    return session


@pytest.fixture
def blocker(table, state):
    """Another session, in a transaction that keeps every writer waiting."""
    session = state.session("D", "S")
    session.execute("BEGIN")
    session.execute("DELETE FROM T")
    yield session
    session.close()


def history(session, sql=HISTORY):
    return session.execute(sql).table.to_pylist()


def ended(session, runs=1):
    """The history, once this many runs have ended."""
    return eventually(lambda: [
        found for found in [history(session)] if sum(run["COMPLETED_TIME"] is not None for run in found) == runs
    ], seconds=60)[0]  # fmt: skip


def written(session):
    return [row["B"] for row in session.execute("SELECT B FROM T").table.to_pylist()]


def config(batch):
    return "USING CONFIG = $$" + json.dumps({"batch_id": batch}) + "$$"


def test_a_task_lives_and_dies(session):
    session.execute("CREATE TABLE T (A NUMBER)")
    create = "TASK \"t x\" WAREHOUSE = W SCHEDULE = '60 MINUTE' COMMENT = 'AS c' AS INSERT INTO T SELECT 1 AS A"
    session.execute(f"CREATE {create}")
    with pytest.raises(ProgrammingError, match="already exists"):
        session.execute(f"CREATE {create}")
    session.execute(f"CREATE {create}".replace("TASK", "TASK IF NOT EXISTS", 1))
    session.execute(f"CREATE OR REPLACE {create}")
    (row,) = session.execute("SHOW TASKS LIKE 't%' IN SCHEMA D.S").table.to_pylist()
    assert (row["name"], row["state"], row["definition"], row["schedule"]) == (
        "t x", "suspended", "INSERT INTO T SELECT 1 AS A", "60 MINUTE")  # fmt: skip
    session.execute('ALTER TASK "t x" RESUME')
    assert session.execute("SHOW TASKS").table.to_pylist()[0]["state"] == "started"
    session.execute('ALTER TASK "t x" SUSPEND')
    session.execute('EXECUTE TASK D.S."t x"')
    eventually(lambda: session.execute("SELECT COUNT(*) FROM T").scalar() == 1)
    session.execute('DROP TASK "t x"')
    for statement in ('EXECUTE TASK "t x"', 'DROP TASK "t x"', 'ALTER TASK "t x" RESUME'):
        with pytest.raises(ProgrammingError, match=r"Task 'D\.S\.t x' does not exist"):
            session.execute(statement)


def test_a_failing_task_is_logged_and_leaves_no_lock(session, caplog):
    session.execute("CREATE TABLE T (A NUMBER)")
    session.execute(
        "CREATE TASK X AS EXECUTE IMMEDIATE $$ BEGIN BEGIN TRANSACTION; "
        "INSERT INTO T VALUES (1); SELECT * FROM NOPE; END; $$"
    )
    with caplog.at_level(logging.ERROR):
        session.execute("EXECUTE TASK X")
        eventually(lambda: "Task D.S.X failed" in caplog.text)
    session.execute("INSERT INTO T VALUES (2)")
    assert session.execute("SELECT MAX(A) FROM T").scalar() == 2
    assert session.execute("SELECT COUNT(*) FROM T").scalar() == 1


def test_a_run_is_told_its_configuration_and_tells_its_outcome(table, state):
    table.execute(REPORT)
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert "scheduled to run immediately" in table.execute(f"EXECUTE TASK D.S.X {config('b 1')}").scalar()
    (run,) = ended(table)
    assert (run["STATE"], run["RETURN_VALUE"], run["CONFIG"]) == ("SUCCEEDED", "b 1 MERGED", '{"batch_id":"b 1"}')
    assert (run["NAME"], run["DATABASE_NAME"], run["SCHEMA_NAME"]) == ("X", "D", "S")
    assert (run["ERROR_CODE"], run["ERROR_MESSAGE"], run["SCHEDULED_FROM"]) == (None, None, "EXECUTE_TASK")
    assert before < run["SCHEDULED_TIME"] <= run["QUERY_START_TIME"] <= run["COMPLETED_TIME"] <= datetime.now(UTC)
    assert state.queries.get(run["QUERY_ID"]).status == "SUCCESS"
    table.execute("EXECUTE TASK X")
    assert [found["RETURN_VALUE"] for found in ended(table, 2)] == ["b 1 MERGED", "oldest MERGED"]
    assert written(table) == ["b 1", "oldest"]


def test_a_single_configuration_is_merged_over_the_tasks_own(table):
    table.execute("CREATE TABLE C (V VARCHAR)")
    paths = ["", "env", "paths.logs", "paths.results", "paths", "n", "on", "missing", "env.x"]
    selected = ", ".join(f"SYSTEM$GET_TASK_GRAPH_CONFIG({path!r})" if path else "SYSTEM$GET_TASK_GRAPH_CONFIG()"
                         for path in paths)  # fmt: skip
    table.execute(
        """CREATE TASK X CONFIG = $${"env": "prod", "paths": {"logs": "/l", "results": "/r"}, "n": 7}$$ AS """
        f"INSERT INTO C SELECT TO_JSON(ARRAY_CONSTRUCT({selected}))"
    )
    table.execute("""EXECUTE TASK X USING CONFIG = '{"paths": {"results": "/t"}, "on": true}'""")
    (run,) = ended(table)
    assert run["ERROR_MESSAGE"] is None
    assert json.loads(table.execute("SELECT V FROM C").scalar()) == [
        '{"env":"prod","paths":{"logs":"/l","results":"/t"},"n":7,"on":true}', "prod", "/l", "/t",
        '{"logs":"/l","results":"/t"}', "7", "true", None, None]  # fmt: skip
    assert json.loads(run["CONFIG"])["paths"] == {"logs": "/l", "results": "/t"}
    assert "/r" in table.execute("SHOW TASKS").table.to_pylist()[0]["config"]


def test_outside_of_a_task_there_is_no_configuration_and_no_outcome(table):
    assert table.execute("SELECT SYSTEM$GET_TASK_GRAPH_CONFIG('batch_id')::VARCHAR AS V").scalar() is None
    with pytest.raises(ProgrammingError, match="can only be called by a task"):
        table.execute("CALL SYSTEM$SET_RETURN_VALUE('x')")
    with pytest.raises(ProgrammingError, match="CALL P"):
        table.execute("CALL P('x')")


@pytest.mark.parametrize(
    ("argument", "value"),
    [("'it''s'", "it's"), (":a", "b"), (":n::VARCHAR", "5"), (":a || 'x'", None), ("a", None), ("(SELECT 1)", None)],
)
def test_an_outcome_is_a_literal_or_a_variable(table, argument, value):
    table.execute(
        f"CREATE TASK X AS BEGIN LET a VARCHAR := 'b'; LET n NUMBER := 5; CALL SYSTEM$SET_RETURN_VALUE({argument}); END"
    )
    table.execute("EXECUTE TASK X")
    (run,) = ended(table)
    assert (run["RETURN_VALUE"], run["STATE"]) == (value, "FAILED" if value is None else "SUCCEEDED")
    if value is None:
        assert "needs to be constant" in run["ERROR_MESSAGE"]


def test_a_failed_run_says_why_and_rolls_back(table):
    table.execute(
        "CREATE TASK X AS BEGIN BEGIN TRANSACTION; INSERT INTO T VALUES ('x'); "
        "CALL SYSTEM$SET_RETURN_VALUE('half'); SELECT * FROM NOPE; END"
    )
    table.execute("EXECUTE TASK X")
    (run,) = ended(table)
    assert (run["STATE"], run["ERROR_CODE"], run["RETURN_VALUE"]) == ("FAILED", 2003, "half")
    assert "NOPE' does not exist" in run["ERROR_MESSAGE"]
    assert written(table) == []
    errors = HISTORY.replace("TASK_NAME", "ERROR_ONLY => TRUE, TASK_NAME")
    assert len(history(table, errors)) == 1


def test_a_run_waits_for_the_present_one_and_takes_the_place_of_one_that_waits(table, blocker):
    table.execute(REPORT)
    for batch in ("b1", "b2", "b3"):
        table.execute(f"EXECUTE TASK X {config(batch)}")
        eventually(lambda: history(table)[0]["STATE"] == "EXECUTING")
    eventually(lambda: [run["STATE"] for run in history(table)] == ["EXECUTING", "SCHEDULED"])
    assert [run["QUERY_ID"] is None for run in history(table)] == [False, True]
    blocker.execute("COMMIT")
    runs = ended(table, 2)
    assert written(table) == ["b1", "b3"]
    assert [json.loads(run["CONFIG"])["batch_id"] for run in runs] == ["b1", "b3"]
    assert runs[0]["COMPLETED_TIME"] <= runs[1]["QUERY_START_TIME"]


def test_runs_overlap_where_the_task_allows_it(table, blocker):
    table.execute("CREATE TASK X ALLOW_OVERLAPPING_EXECUTION = TRUE AS INSERT INTO T VALUES ('x')")
    table.execute("EXECUTE TASK X")
    table.execute("EXECUTE TASK X")
    eventually(lambda: [run["STATE"] for run in history(table)] == ["EXECUTING"] * 2)
    blocker.execute("COMMIT")
    first, second = ended(table, 2)
    assert second["QUERY_START_TIME"] < first["COMPLETED_TIME"]
    assert written(table) == ["x", "x"]


def test_a_run_keeps_the_definition_that_it_was_ordered_with(table, blocker):
    table.execute("CREATE TASK X AS INSERT INTO T VALUES ('old')")
    table.execute("EXECUTE TASK X")
    table.execute("CREATE OR REPLACE TASK X AS INSERT INTO T VALUES ('new')")
    table.execute("EXECUTE TASK X")
    blocker.execute("COMMIT")
    ended(table, 2)
    assert written(table) == ["old", "new"]


def test_a_dropped_tasks_waiting_runs_are_cancelled(table, blocker):
    table.execute(REPORT)
    for batch in ("b1", "b2"):
        table.execute(f"EXECUTE TASK X {config(batch)}")
    eventually(lambda: history(table)[0]["STATE"] == "EXECUTING")
    table.execute("DROP TASK X")
    blocker.execute("COMMIT")
    assert [run["STATE"] for run in ended(table, 2)] == ["SUCCEEDED", "CANCELLED"]
    assert written(table) == ["b1"]


def test_a_run_that_takes_too_long_fails(table):
    slow = "SELECT COUNT(*) FROM range(5000000) a, range(100000) b WHERE a.range + b.range = -1"
    table.execute(f"CREATE TASK X USER_TASK_TIMEOUT_MS = 300 AS BEGIN INSERT INTO T VALUES ('x'); {slow}; END")
    started = time.monotonic()
    table.execute("EXECUTE TASK X")
    (run,) = ended(table)
    assert (run["STATE"], run["ERROR_CODE"]) == ("FAILED", 630)
    assert "timeout of 0.3 second(s)" in run["ERROR_MESSAGE"]
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(("fate", "states"), [("SKIPPED", ["SKIPPED"]), ("CANCELLED", ["CANCELLED"]), ("LOST", [])])
def test_a_run_can_be_made_to_come_to_nothing_once(table, state, fate, states):
    table.execute(REPORT)
    state.faults.next_task_run = fate
    table.execute("EXECUTE TASK X")
    assert [run["STATE"] for run in history(table)] == states
    table.execute("EXECUTE TASK X")
    assert ended(table, len(states) + 1)[-1]["STATE"] == "SUCCEEDED"
    assert written(table) == ["oldest"]


def test_history_is_limited_newest_first(table):
    table.execute(REPORT)
    for number in range(4):
        table.execute(f"EXECUTE TASK X {config(str(number))}")
        ended(table, number + 1)
    call = "TABLE(INFORMATION_SCHEMA.TASK_HISTORY({})) h"
    for arguments, expected in (
        ("TASK_NAME => 'X', RESULT_LIMIT => 2", ["3", "2"]),
        ("DATABASE_NAME => 'd', SCHEMA_NAME => 's', RESULT_LIMIT => 1", ["3"]),
        ("TASK_NAME => 'Y'", []),
        ("TASK_NAME => 'X', SCHEDULED_TIME_RANGE_START => DATEADD(hour, 1, CURRENT_TIMESTAMP())", []),
        ("TASK_NAME => 'X', SCHEDULED_TIME_RANGE_END => DATEADD(hour, -1, CURRENT_TIMESTAMP())", []),
    ):
        found = history(table, f"SELECT h.CONFIG FROM {call.format(arguments)}")
        assert [json.loads(run["CONFIG"])["batch_id"] for run in found] == expected, arguments
    filtered = f"SELECT STATE FROM {call.format('RESULT_LIMIT => 1')} WHERE CONTAINS(CONFIG, '0')"
    assert history(table, filtered) == []  # the limit comes before the condition
    for arguments, message in (
        ("RESULT_LIMIT => 0", "RESULT_LIMIT"),
        ("NOPE => 1", "Unknown argument NOPE"),
        ("SCHEDULED_TIME_RANGE_START => DATEADD(day, -8, CURRENT_TIMESTAMP())", "more than 7 days"),
    ):
        with pytest.raises(ProgrammingError, match=message):
            history(table, f"SELECT * FROM {call.format(arguments)}")


@pytest.mark.parametrize(
    "options",
    [
        "WAREHOUSE = W SCHEDULE = '60 MINUTE'",
        "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' USER_TASK_TIMEOUT_MS = 3600000 COMMENT = 'x'",
        'ALLOW_OVERLAPPING_EXECUTION = FALSE CONFIG = $${"a": 1}$$ SUSPEND_TASK_AFTER_NUM_FAILURES = 3',
    ],
)
def test_a_task_takes_snowflakes_options(table, options):
    table.execute(f"CREATE TASK X {options} AS SELECT 1")
    table.execute("ALTER TASK X SET USER_TASK_TIMEOUT_MS = 1000, COMMENT = 'y'")
    table.execute("ALTER TASK X UNSET USER_TASK_TIMEOUT_MS")
    assert table.execute("SHOW TASKS").table.to_pylist()[0]["comment"] == "y"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TASK Y WAREHUOSE = W AS SELECT 1", "invalid property 'WAREHUOSE' for 'TASK'"),
        ("CREATE TASK Y CONFIG = $$[1]$$ AS SELECT 1", "Invalid JSON object"),
        ("CREATE TASK Y CONFIG = 'x' AS SELECT 1", "Invalid JSON object"),
        ("CREATE TASK Y USER_TASK_TIMEOUT_MS = 604800001 AS SELECT 1", "invalid value"),
        ("CREATE TASK Y ALLOW_OVERLAPPING_EXECUTION = 1 AS SELECT 1", "invalid value"),
        ("CREATE TASK Y WAREHOUSE = W USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = XSMALL AS SELECT 1", "not both"),
        ("CREATE TASK Y AFTER X AS SELECT 1", "Unsupported feature"),
        ("CREATE TASK Y WAREHOUSE = W", "syntax error"),
        ("EXECUTE TASK X USING CONFIG = $${$$", "Invalid JSON object"),
        ("EXECUTE TASK X RETRY LAST", "syntax error"),
        ("EXECUTE TASK Y", r"Task 'D\.S\.Y' does not exist"),
        ("ALTER TASK X SET COMMENT = 'y'", "not suspended"),
    ],
)
def test_what_a_task_does_not_have_is_refused(table, statement, message):
    table.execute("CREATE TASK X AS SELECT 1")
    table.execute("ALTER TASK X RESUME")
    with pytest.raises(ProgrammingError, match=message):
        table.execute(statement)


def test_a_run_is_followed_through_the_connector(connection, database):
    cursor = connection.cursor(DictCursor)
    cursor.execute("CREATE TABLE T (B VARCHAR)")
    cursor.execute(REPORT)
    cursor.execute(f"EXECUTE TASK {database}.S.X {config('b%1')}")
    query = (
        f'SELECT STATE, RETURN_VALUE, QUERY_ID FROM TABLE("{database}".INFORMATION_SCHEMA.TASK_HISTORY('
        "TASK_NAME => 'X', SCHEDULED_TIME_RANGE_START => DATEADD(hour, -12, CURRENT_TIMESTAMP()), RESULT_LIMIT => 1000"
        ")) WHERE DATABASE_NAME = %s AND CONTAINS(CONFIG, %s) ORDER BY SCHEDULED_TIME DESC LIMIT 1"
    )
    (run,) = eventually(
        lambda: [
            run for run in cursor.execute(query, (database, "b%1")).fetchall() if run["STATE"] not in
            ("SCHEDULED", "EXECUTING")]
    )  # fmt: skip
    assert (run["STATE"], run["RETURN_VALUE"]) == ("SUCCEEDED", "b%1 MERGED")
    assert connection.get_query_status(run["QUERY_ID"]) == QueryStatus.SUCCESS


def test_a_task_takes_session_parameters_that_hold_here(table):
    table.execute(
        "CREATE TASK X TIMEZONE = 'UTC', DATE_INPUT_FORMAT = 'AUTO' COMMENT = 'c' AS INSERT INTO T VALUES ('x')"
    )
    with pytest.raises(ProgrammingError, match="DATE_INPUT_FORMAT = DD/MM/YYYY"):
        table.execute("CREATE TASK Y DATE_INPUT_FORMAT = 'DD/MM/YYYY' AS SELECT 1")

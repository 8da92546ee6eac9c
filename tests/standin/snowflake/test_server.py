"""The connector's protocol: login, sessions, detached statements, retries, errors."""

from __future__ import annotations

import threading
import time
import uuid
from urllib.request import Request, urlopen

import pytest
import snowflake.connector
import uvicorn
from snowflake.connector import DictCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import DatabaseError, ProgrammingError

from local.processes import free_port
from local.snowflake.api.server import Api
from tests.standin.snowflake.account import PASSWORD, USER, eventually

# Some 0.3 s for every 1000 rows.
SLOW = "SELECT COUNT(*) FROM range({rows}) a, range(100000) b WHERE a.range + b.range = -1"


def _serve(api):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(api.app(), host="127.0.0.1", port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    eventually(lambda: server.started)
    return server, port


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"user": "NOBODY"}, {"password": PASSWORD.upper()}])
def test_a_wrong_login_is_refused_in_snowflakes_words(account, wrong):
    with pytest.raises(DatabaseError, match="Incorrect username or password was specified") as raised:
        account.connect(login_timeout=5, **wrong)
    assert raised.value.errno in (250001, 390100)


def test_a_login_gives_a_session_in_its_database(account, database):
    connection = account.connect(user=USER.lower(), database=database, schema="S", warehouse="W", role="R")
    connection.cursor().execute("CREATE TABLE T (A NUMBER)")
    assert (connection.database, connection.schema, connection.warehouse, connection.role) == (database, "S", "W", "R")
    assert connection.session_id
    connection.close()


def test_a_database_that_does_not_exist_is_not_made_by_a_login(account):
    connection = account.connect(database="NO_SUCH_DATABASE")
    with pytest.raises(ProgrammingError, match="does not have a current database"):
        connection.cursor().execute("CREATE TABLE T (A NUMBER)")
    with pytest.raises(ProgrammingError) as raised:
        connection.cursor().execute("SELECT * FROM NO_SUCH_DATABASE.S.T")
    assert raised.value.errno == 2003
    connection.close()


def test_a_detached_statement_is_submitted_before_it_ends(account, connection, database):
    cursor = connection.cursor()
    started = time.monotonic()
    cursor.execute_async(SLOW.format(rows=5000))
    submitted = time.monotonic() - started
    query_id = cursor.sfqid
    assert connection.get_query_status(query_id) == QueryStatus.RUNNING
    assert connection.is_still_running(connection.get_query_status(query_id))
    other = account.connect()  # another session may ask, and is not held up
    assert other.cursor().execute("SELECT 1").fetchone() == (1,)
    reader = other.cursor()
    reader.get_results_from_sfqid(query_id)
    assert reader.fetchall() == [(0,)]
    assert submitted < time.monotonic() - started - 0.2
    other.close()


def test_a_detached_failure_is_a_status_with_its_message(connection):
    cursor = connection.cursor()
    cursor.execute_async("EXECUTE IMMEDIATE $$ BEGIN SELECT * FROM D.S.NOPE; END; $$")
    query_id = cursor.sfqid
    eventually(lambda: connection.get_query_status(query_id) == QueryStatus.FAILED_WITH_ERROR)
    for read in (
        lambda: connection.get_query_status_throw_if_error(query_id),
        lambda: cursor.get_results_from_sfqid(query_id),
    ):
        with pytest.raises(ProgrammingError, match="does not exist or not authorized") as raised:
            read()
        assert raised.value.errno == 2003


def test_a_detached_failure_that_was_waited_for_is_another_class_with_the_same_number(connection, database):
    cursor = connection.cursor()
    cursor.execute_async(
        f"EXECUTE IMMEDIATE $$ BEGIN {SLOW.format(rows=3000)}; SELECT * FROM {database}.S.NOPE; END; $$"
    )
    cursor.get_results_from_sfqid(cursor.sfqid)
    with pytest.raises(DatabaseError, match="does not exist or not authorized") as raised:
        cursor.fetchall()
    assert not isinstance(raised.value, ProgrammingError)
    assert (raised.value.errno, raised.value.sqlstate) == (2003, "42S02")


def test_a_closed_client_leaves_a_session_with_a_detached_statement(account, connection, database):
    """As the connector does it: it ends no session in which such a statement still runs."""
    connection.cursor().execute("CREATE TABLE T (A NUMBER)")
    submitter = account.connect(database=database, schema="S")
    submitter.cursor().execute_async(
        f"EXECUTE IMMEDIATE $$ BEGIN BEGIN TRANSACTION; INSERT INTO T {SLOW.format(rows=3000)}; COMMIT; END; $$"
    )
    submitter.close()
    eventually(lambda: connection.cursor().execute("SELECT * FROM T").fetchall() == [(0,)])


def test_a_detached_statement_outlives_its_session(account, connection, database):
    connection.cursor().execute("CREATE TABLE T (A NUMBER)")
    submitter = account.connect(database=database, schema="S", server_session_keep_alive=False)
    cursor = submitter.cursor()
    cursor.execute_async(f"INSERT INTO T {SLOW.format(rows=3000)}")
    submitter.rest.delete_session()
    eventually(lambda: connection.cursor().execute("SELECT * FROM T").fetchall() == [(0,)])


def test_an_unknown_query_has_no_status(connection):
    assert connection.get_query_status(str(uuid.uuid4())) == QueryStatus.NO_DATA


def test_result_scan_returns_an_earlier_result(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT 7 AS A")
    assert cursor.execute(f"SELECT * FROM TABLE(RESULT_SCAN('{cursor.sfqid}'))").fetchall() == [(7,)]


def test_a_long_statement_is_answered_in_instalments(state, session, monkeypatch):
    """The connector gives up on a silent socket after 60 s; the server must answer before, and keep the result."""
    server, port = _serve(Api(state, USER, PASSWORD, answer_within_seconds=0.05))
    connection = snowflake.connector.connect(
        account="x",
        user=USER,
        password=PASSWORD,
        host="127.0.0.1",
        port=port,
        protocol="http",
        database="D",
        schema="S",
    )
    answers = []
    fetch = connection.rest.fetch

    def recorded(*args, **named):
        answers.append(fetch(*args, **named))
        return answers[-1]

    monkeypatch.setattr(connection.rest, "fetch", recorded)
    assert connection.cursor().execute(SLOW.format(rows=1000)).fetchall() == [(0,)]
    codes = [answer["code"] for answer in answers]
    assert codes.count("333333") >= 2
    assert codes[-1] is None
    connection.close()
    server.should_exit = True


def test_a_repeated_request_runs_once(account, connection, database):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (A NUMBER)")
    request = {"sqlText": f"INSERT INTO {database}.S.T VALUES (1)"}
    for _ in range(2):
        connection.rest.request(f"/queries/v1/query-request?requestId={database}", request)
    assert cursor.execute("SELECT COUNT(*) FROM T").fetchone() == (1,)


def test_a_statement_can_be_cancelled(connection, database):
    failures = []

    def run():
        try:
            connection.cursor().execute(SLOW.format(rows=5_000_000), timeout=1)
        except ProgrammingError as error:
            failures.append(error.errno)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert failures == [604]


def test_a_closed_session_must_log_in_again(account):
    request = Request(
        f"http://127.0.0.1:{account.port}/session/heartbeat",
        method="POST",
        headers={"Authorization": 'Snowflake Token="x"'},
    )
    with pytest.raises(Exception, match="401"):
        urlopen(request)  # noqa: S310 -- the stand-in's


def test_a_transaction_without_autocommit(account, connection, database):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (A NUMBER)")
    other = account.connect(database=database, schema="S", autocommit=False)
    for end in (other.rollback, other.commit):
        other.cursor().execute("INSERT INTO T VALUES (1)")
        assert cursor.execute("SELECT COUNT(*) FROM T").fetchone() == (0,)
        end()
    assert cursor.execute("SELECT COUNT(*) FROM T").fetchone() == (1,)
    other.cursor().execute("DELETE FROM T")
    other.close()
    cursor.execute("INSERT INTO T VALUES (2)")
    assert cursor.execute("SELECT COUNT(*) FROM T").fetchone() == (2,)


def test_ddl_commits_the_open_transaction(session):
    session.execute("CREATE TABLE T (A NUMBER)")
    session.execute("BEGIN")
    session.execute("INSERT INTO T VALUES (1)")
    session.execute("CREATE TABLE U (A NUMBER)")
    session.execute("ROLLBACK")
    assert session.execute("SELECT COUNT(*) FROM T").scalar() == 1


@pytest.mark.parametrize(
    ("statement", "errno", "sqlstate", "message"),
    [
        ('SELECT * FROM "D"."S"."no T"', 2003, "42S02", "Object 'D.S.no T' does not exist or not authorized."),
        ("SELECT * FROM nope", 2003, "42S02", "NOPE' does not exist or not authorized."),
        ("INSERT INTO D.S.NOPE VALUES (1)", 2003, "42S02", "Object 'D.S.NOPE' does not exist or not authorized."),
        ("DROP TABLE NOPE", 2003, "42S02", "NOPE' does not exist or not authorized."),
        ("SELECT * FROM D.NOPE.T", 2003, "42S02", "does not exist or not authorized."),
        ("SELECT * FROM NOPE.S.T", 2003, "42S02", "NOPE.S.T' does not exist or not authorized."),
        ("SELECT NOPE FROM T", 904, "42000", "invalid identifier 'NOPE'"),
        ("SELECT NO_SUCH_FUNCTION(1)", 2140, "42601", "Unknown function NO_SUCH_FUNCTION."),
        ("CREATE TABLE T (A NUMBER)", 2002, "42710", "Object 'T' already exists."),
        ("SELEC 1", 1003, "42000", "syntax error line 1 at position 6 unexpected '1'."),
        ("SELECT 1\nFROM WHERE", 1003, "42000", "syntax error line 2"),
        ("SELECT 'open", 1003, "42000", "syntax error"),
        ("CREATE STREAM X ON TABLE T", 1003, "42000", "syntax error"),
        ("INSERT INTO T VALUES (1, 'x')", 100038, "22018", "x"),
        ("INSERT INTO T (B) VALUES (1)", 100072, "22000", "NULL result in a non-nullable column"),
        ("SELECT 1 / CAST('x' AS NUMBER)", 100038, "22018", "x"),
        ("ALTER SESSION SET TIMEZONE = 'Europe/Paris'", 2, "0A000", "TIMEZONE"),
        ("ALTER SESSION SET WEEK_START = 1", 2, "0A000", "WEEK_START"),
    ],
)
def test_an_error_has_snowflakes_number_and_words(session, statement, errno, sqlstate, message):
    session.execute("CREATE TABLE T (A NUMBER NOT NULL, B NUMBER)")
    with pytest.raises(ProgrammingError) as raised:
        session.execute(statement)
    assert (raised.value.errno, raised.value.sqlstate) == (errno, sqlstate), raised.value.msg
    assert message in str(raised.value.msg)


def test_an_error_reaches_the_connector(connection, database):
    with pytest.raises(ProgrammingError, match="does not exist or not authorized") as raised:
        connection.cursor().execute(f'SELECT * FROM "{database}"."S"."NOPE"')
    assert (raised.value.errno, raised.value.sqlstate) == (2003, "42S02")


def test_dml_reports_its_rows(connection, database):
    cursor = connection.cursor(DictCursor)
    cursor.execute("CREATE TABLE T (A NUMBER)")
    cursor.execute("INSERT INTO T SELECT COLUMN1 FROM VALUES (1), (2)")
    assert (cursor.rowcount, cursor.fetchall()) == (2, [{"number of rows inserted": 2}])
    assert cursor.execute("UPDATE T SET A = 3").rowcount == 2
    assert cursor.execute("DELETE FROM T WHERE A = 4").rowcount == 0
    cursor.execute(
        "MERGE INTO T USING (SELECT 9 AS A) s ON T.A = s.A "
        "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.A)"
    )
    assert (cursor.rowcount, cursor.fetchall()) == (1, [{"number of rows inserted": 1, "number of rows deleted": 0}])
    assert cursor.execute("SELECT MAX(A), COUNT(*) FROM T").fetchall() == [{"MAX(A)": 9, "COUNT(*)": 3}]


def test_a_trivial_query_is_quick(connection):
    cursor = connection.cursor()
    times = []
    for _ in range(20):
        started = time.perf_counter()
        cursor.execute("SELECT 1").fetchall()
        times.append(time.perf_counter() - started)
    assert min(times) < 0.02

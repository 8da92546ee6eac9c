"""Sessions, transactions and queries that outlive the call which began them."""

from __future__ import annotations

import time

import pytest
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import DatabaseError, ProgrammingError


@pytest.fixture
def table(sql):
    sql('CREATE OR REPLACE TABLE "T" ("A" NUMBER)')
    return sql


def ended(sql, query_id, seconds=60):
    deadline = time.monotonic() + seconds
    while sql.connection.is_still_running(sql.connection.get_query_status(query_id)):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_ddl_commits_the_open_transaction(table):
    table("BEGIN TRANSACTION")
    table('INSERT INTO "T" VALUES (1)')
    table('CREATE OR REPLACE TABLE "U" ("A" NUMBER)')
    table("ROLLBACK")
    assert table('SELECT COUNT(*) FROM "T"') == [(1,)]


def test_a_failed_asynchronous_query_keeps_its_error_number(table):
    """Its class is not to be relied on: DatabaseError where the query fails while its result is waited for."""
    query_id = table.submit('EXECUTE IMMEDIATE $$ BEGIN SELECT * FROM "ABSENT"; END; $$')
    ended(table, query_id)
    with table.connection.cursor() as cursor, pytest.raises(DatabaseError) as raised:
        cursor.get_results_from_sfqid(query_id)
    assert raised.value.errno == 2003


def test_a_query_goes_on_without_its_session_and_another_session_finds_its_end(place, table):
    begun = place.connect(session_parameters={"ABORT_DETACHED_QUERY": False})
    with begun.cursor() as cursor:
        cursor.execute_async(f"INSERT INTO {place.name('T')} SELECT 7")
        query_id = cursor.sfqid
    begun.close()
    ended(table, query_id)
    assert table.connection.get_query_status(query_id) == QueryStatus.SUCCESS
    assert table('SELECT "A" FROM "T"') == [(7,)]


def test_an_object_that_is_missing_is_2003_and_a_view_over_it_2037(table):
    with pytest.raises(ProgrammingError) as absent:
        table('SELECT 1 FROM "ABSENT" WHERE FALSE')
    assert absent.value.errno == 2003
    table('CREATE OR REPLACE TABLE "BASE" ("A" NUMBER)')
    table('CREATE OR REPLACE VIEW "OVER" AS SELECT * FROM "BASE"')
    table('DROP TABLE "BASE"')
    with pytest.raises(ProgrammingError) as expanded:
        table('SELECT 1 FROM "OVER" WHERE FALSE')
    assert expanded.value.errno == 2037


def test_a_pipe_that_is_missing_is_2003(place, table):
    with pytest.raises(ProgrammingError) as absent:
        table(f"SELECT SYSTEM$PIPE_STATUS('{place.name('ABSENT')}')")
    assert absent.value.errno == 2003


@pytest.mark.live
def test_two_blocks_at_once_in_one_session_share_a_transaction(table, other):
    """The reason for a session of its own for each merge; it passes whether they share one or not, and prints it."""
    slow = 'BEGIN TRANSACTION; INSERT INTO "T" SELECT 1; CALL SYSTEM$WAIT(20); ROLLBACK;'
    query_id = table.submit(f"EXECUTE IMMEDIATE $$ BEGIN {slow} END; $$")
    time.sleep(5)
    table('INSERT INTO "T" VALUES (2)')
    ended(table, query_id)
    print("rows of the other statement:", other('SELECT COUNT(*) FROM "T" WHERE "A" = 2'))  # noqa: T201 - the finding


@pytest.mark.live
def test_what_needs_no_warehouse_is_answered_without_one(place, table):
    """A session without a warehouse: statements that need one are refused (000606)."""
    table('INSERT INTO "T" VALUES (1)')
    with place.connect(warehouse="") as connection, connection.cursor() as cursor:
        for free in (
            f"DESCRIBE TABLE {place.name('T')}",
            f'SHOW PIPES IN SCHEMA "{place.database}"."{place.schema}"',
            f"SELECT COUNT(*) FROM {place.name('T')}",
            f'SELECT MAX("A") FROM {place.name("T")}',
        ):
            cursor.execute(free)
        with pytest.raises(ProgrammingError, match="No active warehouse"):
            cursor.execute(f'SELECT * FROM {place.name("T")} WHERE "A" > 0')


@pytest.mark.live
def test_information_schema_dates_a_table_by_its_last_dml_and_counts_its_rows(place, table):
    table('INSERT INTO "T" VALUES (1), (2)')
    (begun,) = table("SELECT CURRENT_TIMESTAMP()")[0]
    found = (
        f'SELECT ROW_COUNT, LAST_ALTERED FROM "{place.database}".INFORMATION_SCHEMA.TABLES '
        f"WHERE TABLE_SCHEMA = '{place.schema}' AND TABLE_NAME = 'T'"
    )
    rows, altered = table(found)[0]
    assert rows == 2
    assert altered <= begun
    table('UPDATE "T" SET "A" = 3 WHERE "A" = 1')
    assert table(found)[0][1] > begun

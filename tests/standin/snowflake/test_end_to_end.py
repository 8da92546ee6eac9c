"""Files in S3, events through SQS, a pipe, a merge block and a task, all through the real connector."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from snowflake.connector.constants import QueryStatus

from tests.standin.snowflake.account import eventually
from tests.standin.snowflake.statements import BOOTSTRAP, HARD_DELETE, HISTORY, MERGE, TABLE, TASK, TASK_BATCH

FOLDER = "public.orders/2026/11/21/20/"
PIPE = '"AURORA"."STAGING"."PUBLIC__ORDERS"'


@pytest.fixture
def aurora(account, connection):
    cursor = connection.cursor()
    cursor.execute('DROP DATABASE IF EXISTS "AURORA"')
    for statement in BOOTSTRAP + TABLE:
        cursor.execute(statement.replace("CREATE PIPE IF NOT EXISTS", "CREATE OR REPLACE PIPE"))
        cursor.execute(statement)  # every statement may be sent again
    return cursor


def batch(cursor, name, files, exported, version):
    cursor.execute(
        'INSERT INTO "AURORA"."CONTROL"."BATCHES" ("BATCH_ID", "TABLE_NAME", "VERSION", "EXPORTED", "WATERMARK")'
        " VALUES (%s, 'public.orders', %s, %s, 'w')",
        (name, version, exported),
    )
    for file in files:
        cursor.execute('INSERT INTO "AURORA"."CONTROL"."BATCH_FILES" VALUES (%s, %s, %s)', (name, file, version))


def loaded(cursor, *files):
    return eventually(
        lambda: [row for row in [cursor.execute(HISTORY, (files * 2)[:2]).fetchall()] if len(row) == len(set(files))]
    )[0]


def merge(cursor, text):
    cursor.execute_async(text)
    query_id = cursor.sfqid
    cursor.get_results_from_sfqid(query_id)
    (row,) = cursor.fetchall()
    assert [column.name for column in cursor.description] == ["anonymous block"]
    assert cursor.connection.get_query_status(query_id) == QueryStatus.SUCCESS
    return row[0]


def test_a_batch_travels_from_file_to_final(aurora, account, request):
    cursor = aurora
    assert cursor.execute('SELECT MAX("UPDATED_AT") FROM "AURORA"."FINAL"."PUBLIC__ORDERS"').fetchall() == [(None,)]
    good = account.put(
        FOLDER + f"run-{request.node.name} é+1.csv",
        '1,1.50,"{""a"": 1}",00ff,2024-01-01 00:00:00.123456+00,\n2,x,null,,,""\n',
    )
    part = account.put(FOLDER + f"run-{request.node.name} é+1.csv_part2", 'oops,1,{,,,"a\nb"\n')
    assert loaded(cursor, good, part) == [
        (good, "Loaded", 2, 2, 0, None, None, None),
        (part, "Loaded", 1, 1, 0, None, None, None),
    ]
    batch(cursor, "b1", [good, part], 3, 5)

    assert merge(cursor, MERGE.replace("{batch}", "'none'")) == "NO_BATCH"
    assert merge(cursor, MERGE.replace("{batch}", "'b1'")) == "MERGED"

    rows = cursor.execute(
        'SELECT "ID", "AMOUNT", "DOC", "RAW", "UPDATED_AT", "strange ""name", "_VERSION", "IS_DELETED"'
        ' FROM "AURORA"."FINAL"."PUBLIC__ORDERS" ORDER BY "ID"'
    ).fetchall()
    assert rows == [
        (
            1,
            Decimal("1.50"),
            '{"a": 1}',
            b"\x00\xff",
            datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
            None,
            5,
            False,
        ),
        (2, None, "null", None, None, "", 5, False),
    ]
    ledger = cursor.execute('SELECT * FROM "AURORA"."CONTROL"."LEDGER"').fetchall()
    assert [row[:11] for row in ledger] == [("b1", "public.orders", 3, 3, 2, 0, 1, 0, 0, 5, "w")]
    assert cursor.execute('SELECT "ROW_NUMBER", "REASON", "RAW" FROM "AURORA"."CONTROL"."QUARANTINE"').fetchall() == [
        (1, "does not cast: ID DOC ", '{"ID":"oops","DOC":"{"}')
    ]
    assert cursor.execute('SELECT COUNT(*) FROM "AURORA"."STAGING"."PUBLIC__ORDERS"').fetchone() == (0,)
    watermark = cursor.execute(
        'SELECT "WATERMARK", "VERSION" FROM "AURORA"."CONTROL"."LEDGER" '
        'WHERE "TABLE_NAME" = %s ORDER BY "VERSION" DESC LIMIT 1',
        ("public.orders",),
    )
    assert watermark.fetchone() == ("w", 5)
    assert merge(cursor, MERGE.replace("{batch}", "'b1'")) == "PARTIAL_LOAD"


@pytest.mark.parametrize("text", [MERGE, HARD_DELETE], ids=["soft", "hard"])
def test_rows_missing_from_the_next_snapshot_are_deleted(aurora, account, request, text):
    cursor = aurora
    files = [account.put(FOLDER + f"{request.node.name}-{number}.csv", body)
             for number, body in enumerate(["1,1,,,,\n2,2,,,,\n", "2,3,,,,\n3,3,,,,\n"])]  # fmt: skip
    loaded(cursor, *files)
    batch(cursor, "b1", files[:1], 2, 1)
    batch(cursor, "b2", files[1:], 2, 2)
    assert merge(cursor, text.replace("{batch}", "'b1'")) == "MERGED"
    assert merge(cursor, text.replace("{batch}", "'b2'")) == "MERGED"
    rows = cursor.execute(
        'SELECT "ID", "AMOUNT", "IS_DELETED" FROM "AURORA"."FINAL"."PUBLIC__ORDERS" ORDER BY "ID"'
    ).fetchall()
    kept = [(2, Decimal(3), False), (3, Decimal(3), False)]
    assert rows == ([(1, Decimal(1), True), *kept] if text is MERGE else kept)
    assert cursor.execute(
        """SELECT "DELETED" FROM "AURORA"."CONTROL"."LEDGER" WHERE "BATCH_ID" = 'b2'"""
    ).fetchall() == [(1,)]


def test_a_partial_load_is_not_merged(aurora, account, request):
    file = account.put(FOLDER + f"{request.node.name}.csv", "1,1,,,,\n")
    loaded(aurora, file)
    batch(aurora, "b1", [file], 2, 1)
    assert merge(aurora, MERGE.replace("{batch}", "'b1'")) == "PARTIAL_LOAD"
    assert aurora.execute('SELECT COUNT(*) FROM "AURORA"."FINAL"."PUBLIC__ORDERS"').fetchone() == (0,)
    assert aurora.execute('SELECT COUNT(*) FROM "AURORA"."STAGING"."PUBLIC__ORDERS"').fetchone() == (1,)


def test_a_failure_in_the_merge_leaves_nothing_behind_and_says_why(aurora, account, request):
    file = account.put(FOLDER + f"{request.node.name}.csv", "1,1,,,,\n2,2,,,,x\n")
    loaded(aurora, file)
    batch(aurora, "b1", [file], 2, 1)
    aurora.execute('DROP TABLE "AURORA"."CONTROL"."LEDGER"')
    aurora.execute_async(MERGE.replace("{batch}", "'b1'"))
    query_id = aurora.sfqid
    eventually(lambda: aurora.connection.get_query_status(query_id) == QueryStatus.FAILED_WITH_ERROR)
    with pytest.raises(Exception, match=r"AURORA\.CONTROL\.LEDGER' does not exist") as raised:
        aurora.connection.get_query_status_throw_if_error(query_id)
    assert (raised.value.errno, raised.value.sqlstate) == (2003, "42S02")
    assert aurora.execute('SELECT COUNT(*) FROM "AURORA"."FINAL"."PUBLIC__ORDERS"').fetchone() == (0,)


def test_a_task_merges_the_oldest_batch(aurora, account, request):
    file = account.put(FOLDER + f"{request.node.name}.csv", "7,1,,,,\n")
    loaded(aurora, file)
    batch(aurora, "b1", [file], 1, 1)
    aurora.execute(TASK + MERGE.replace("{batch}", TASK_BATCH))
    aurora.execute(f"EXECUTE TASK {PIPE}")
    eventually(lambda: aurora.execute('SELECT "ID" FROM "AURORA"."FINAL"."PUBLIC__ORDERS"').fetchall() == [(7,)])


def test_the_remaining_statements_answer(aurora):
    status = json.loads(aurora.execute(f"SELECT SYSTEM$PIPE_STATUS('{PIPE}')").fetchone()[0])
    assert (status["executionState"], status["pendingFileCount"]) == ("RUNNING", 0)
    aurora.execute(f"ALTER PIPE {PIPE} SET PIPE_EXECUTION_PAUSED = TRUE")
    assert (
        json.loads(aurora.execute(f"SELECT SYSTEM$PIPE_STATUS('{PIPE}')").fetchone()[0])["executionState"] == "PAUSED"
    )
    assert aurora.execute(f"ALTER PIPE {PIPE} REFRESH PREFIX = '2020/'").fetchall() == []
    aurora.execute("ALTER SESSION SET TIMEZONE = 'UTC'")
    columns = aurora.execute(
        'SELECT COLUMN_NAME, DATA_TYPE FROM "AURORA".INFORMATION_SCHEMA.COLUMNS'
        " WHERE TABLE_SCHEMA = 'FINAL' AND TABLE_NAME = 'PUBLIC__ORDERS' ORDER BY ORDINAL_POSITION"
    ).fetchall()
    assert columns[:6] == [("ID", "NUMBER"), ("AMOUNT", "NUMBER"), ("DOC", "VARIANT"), ("RAW", "BINARY"),
                           ("UPDATED_AT", "TIMESTAMP_TZ"), ('strange "name', "TEXT")]  # fmt: skip

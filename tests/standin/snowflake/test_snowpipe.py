"""Pipes: which files they load, how faithfully, how often, and what COPY_HISTORY says about it."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.standin.snowflake.account import BUCKET, eventually

FORMAT = (
    "TYPE = CSV COMPRESSION = NONE FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE "
    "NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE"
)
PIPE = (
    "CREATE OR REPLACE PIPE P AUTO_INGEST = TRUE AS COPY INTO T (A, B, F, N, S) "
    "FROM (SELECT $1, $2, METADATA$FILENAME, "
    "METADATA$FILE_ROW_NUMBER, METADATA$START_SCAN_TIME FROM @STAGE/{path}) FILE_FORMAT = (FORMAT_NAME = 'FF')"
)


class Lane:
    """A table, its pipe, and the folder that the pipe reads."""

    def __init__(self, account, cursor, database):
        self.account, self.cursor, self.database, self.folder = account, cursor, database, f"{database.lower()}/t/"

    def put(self, name, body):
        return self.account.put(self.folder + name, body)

    def history(self):
        """COPY_HISTORY's rows; its FILE_NAME is relative to the pipe's location, here it becomes the whole key."""
        rows = self.cursor.execute(
            "SELECT FILE_NAME, STATUS, ROW_COUNT, ERROR_COUNT, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER FROM "
            "TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
            "START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))"
        ).fetchall()
        return [(self.folder + name, *others) for name, *others in rows]

    def handled(self, *keys):
        """The history rows of exactly these files, once all are handled."""
        rows = eventually(lambda: [rows for rows in [self.history()] if set(keys) <= {row[0] for row in rows}])[0]
        return sorted(row for row in rows if row[0] in keys)

    def rows(self, columns="A, B"):
        return self.cursor.execute(f"SELECT {columns} FROM T ORDER BY F, N").fetchall()

    def status(self):
        return json.loads(self.cursor.execute("SELECT SYSTEM$PIPE_STATUS('P')").fetchone()[0])

    def fault(self, **orders):
        request = Request(f"http://127.0.0.1:{self.account.port}/laptop/faults", json.dumps(orders).encode())
        with urlopen(request) as answer:  # noqa: S310 -- the stand-in's
            assert answer.status == 200

    def queue_is_empty(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def left():
            answer = self.account.sqs.get_queue_attributes(QueueUrl=self.account.queue_url, AttributeNames=names)
            return sum(int(answer["Attributes"][name]) for name in names)

        eventually(lambda: left() == 0)


@pytest.fixture
def lane(account, connection, database):
    cursor = connection.cursor()
    cursor.execute(f"CREATE FILE FORMAT FF {FORMAT}")
    cursor.execute(
        f"CREATE STAGE STAGE URL = 's3://{BUCKET}/' STORAGE_INTEGRATION = I FILE_FORMAT = (FORMAT_NAME = 'FF')"
    )
    cursor.execute(
        "CREATE TABLE T (A VARCHAR, B VARCHAR, F VARCHAR NOT NULL, N NUMBER(38,0) NOT NULL, S TIMESTAMP_LTZ(6))"
    )
    lane = Lane(account, cursor, database)
    cursor.execute(PIPE.format(path=lane.folder))
    return lane


def test_a_file_arrives_exactly_as_it_was_written(lane):
    generator = random.Random(7)
    pieces = [
        "",
        "a",
        '"',
        "\n",
        "\r\n",
        "\r",
        ",",
        "\\",
        "\\N",
        "\\.",
        "''",
        " ",
        "\t",
        "é",
        "𝄞",
        "\u2028",
        "\ufeff",
        "NULL",
        "#",
        "$1",
        "0" * 50,
    ]
    values = [None, "", "x" * 3_000_000, '"' * 1001, "\n" * 999] + [
        "".join(generator.choices(pieces, k=generator.randint(0, 9))) for _ in range(4000)
    ]
    pairs = [(value, generator.choice([*values[5:], None, ""])) for value in values]
    body = "".join(
        ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in pair) + "\n" for pair in pairs
    )
    before = datetime.now(UTC) - timedelta(seconds=5)
    key = lane.put("run 1+é%2B.csv_part2", body)
    assert lane.handled(key) == [(key, "Loaded", len(pairs), 0, None, None)]
    rows = lane.rows("A, B, F, N, S")
    assert [(row[0], row[1]) for row in rows] == pairs
    assert [row[2:4] for row in rows] == [(key, number) for number in range(1, len(pairs) + 1)]
    assert before < rows[0][4] < datetime.now(UTC) + timedelta(seconds=5)


def test_unquoted_fields_are_kept_as_they_are(lane):
    text = io.StringIO()
    rows = [("\\x00ff", "a\\"), ("\\N", "it's"), (" b ", "{1,2}"), ("é𝄞", "#c")]
    csv.writer(text, lineterminator="\n").writerows(rows)
    lane.handled(lane.put("f.csv", text.getvalue()))
    assert lane.rows() == rows


def test_a_file_of_fewer_fields_leaves_the_last_columns_empty_and_surplus_fields_are_ignored(lane):
    for name, body in (("older.csv", "1\n2\n"), ("newer.csv", "3,4,5\n")):
        lane.handled(lane.put(name, body))
    assert sorted(lane.rows()) == [("1", None), ("2", None), ("3", "4")]


@pytest.mark.parametrize(
    ("body", "message", "line"),
    [
        (b"1,2\n3\n", "Number of columns in file (1) does not match that of the corresponding table (2)", 2),
        (b"1,2\n3,4,5\n", "Number of columns in file (3) does not match that of the corresponding table (2)", 2),
        (b"1,\xff\xfe\n", "Invalid UTF8", 1),
        (b'1,"open\n', "", 1),
    ],
    ids=["too few columns", "too many columns", "not utf-8", "open quote"],
)
def test_a_bad_file_is_refused_whole_and_alone(lane, body, message, line):
    bad, good = lane.put("bad.csv", body), lane.put("good.csv", b"5,6\n")
    (failed,), (loaded,) = lane.handled(bad), lane.handled(good)
    assert failed[:4] == (bad, "Load failed", 0, 1)
    assert message in failed[4]
    assert failed[5] == line
    assert loaded[1] == "Loaded"
    assert lane.rows() == [("5", "6")]


def test_a_value_that_the_table_cannot_hold_fails_the_file(lane):
    lane.cursor.execute(
        "CREATE OR REPLACE TABLE T (A NUMBER(3,0), B VARCHAR, F VARCHAR, N NUMBER(38,0), S TIMESTAMP_LTZ)"
    )
    key = lane.put("f.csv", "1,a\n1000,b\n")
    assert lane.handled(key)[0][:4] == (key, "Load failed", 0, 1)
    assert lane.rows() == []


@pytest.mark.parametrize(
    ("size", "status"), [(16777216, "Loaded"), (16777217, "Load failed")], ids=["as long as may be", "a byte too long"]
)
def test_a_text_of_more_than_16_mb_fails_the_file(lane, size, status):
    long = "é" + "x" * (size - 2)
    key = lane.put("f.csv", f'1,"two\nlines"\n2,{long}\n')
    ((_, found, rows, errors, message, line),) = lane.handled(key)
    assert (found, rows, errors) == (status, 2 if status == "Loaded" else 0, 0 if status == "Loaded" else 1)
    assert line == (None if status == "Loaded" else 3)
    if status != "Loaded":
        assert message == "Max LOB size (16777216) exceeded, actual size of parsed column is 16777217"
        column = lane.cursor.execute(
            "SELECT FIRST_ERROR_COLUMN_NAME FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
            "START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))"
        ).fetchone()
        assert column == ('"T"["B":2]',)
    assert len(lane.rows("LENGTH(B)")) == rows


def test_a_text_longer_than_its_column_fails_the_file(lane):
    lane.cursor.execute("CREATE OR REPLACE TABLE T (A VARCHAR(3), B VARCHAR, F VARCHAR, N NUMBER, S TIMESTAMP_LTZ)")
    key = lane.put("f.csv", "éöü,1\nabcd,2\n")
    assert lane.handled(key)[0][1:] == (
        "Load failed", 0, 1, "User character length limit (3) exceeded by string 'abcd'", 2)  # fmt: skip


def test_an_empty_file_is_loaded_with_no_rows(lane):
    key = lane.put("f.csv", b"")
    assert lane.handled(key) == [(key, "Loaded", 0, 0, None, None)]


def test_a_name_is_loaded_once_whatever_it_contains_later(lane):
    key = lane.put("f.csv", "1,first\n")
    lane.handled(key)
    lane.put("f.csv", "2,second\n")
    lane.handled(lane.put("later.csv", "3,third\n"))
    assert lane.rows() == [("1", "first"), ("3", "third")]
    assert len(lane.handled(key)) == 1


def test_a_refresh_after_a_replace_loads_no_file_twice(lane):
    key = lane.put("f.csv", "1,first\n")
    lane.handled(key)
    lane.cursor.execute(PIPE.format(path=lane.folder))
    assert lane.cursor.execute("ALTER PIPE P REFRESH").fetchall() == [(key, "NOT_SENT")]
    lane.handled(lane.put("later.csv", "2,second\n"))
    assert lane.rows() == [("1", "first"), ("2", "second")]


def test_a_refresh_loads_twice_if_only_pipes_remember(lane):
    key = lane.put("f.csv", "1,first\n")
    lane.handled(key)
    lane.fault(tables_forget_loads=True)
    try:
        lane.cursor.execute(PIPE.format(path=lane.folder))
        assert lane.cursor.execute("ALTER PIPE P REFRESH").fetchall() == [(key, "SENT")]
        eventually(lambda: len(lane.handled(key)) == 2)
    finally:
        lane.fault(tables_forget_loads=False)
    assert lane.rows() == [("1", "first")] * 2


def test_a_replaced_pipe_loads_again_what_an_event_names_again(lane):
    key = lane.put("f.csv", "1,first\n")
    lane.handled(key)
    lane.cursor.execute(PIPE.format(path=lane.folder))
    lane.put("f.csv", "1,first\n")
    eventually(lambda: len(lane.handled(key)) == 2)
    assert lane.rows() == [("1", "first")] * 2


def test_an_event_after_a_replace_goes_to_the_new_definition(lane):
    lane.handled(lane.put("1.csv", "1,first\n"))
    lane.cursor.execute("ALTER TABLE T ADD COLUMN C VARCHAR")
    lane.cursor.execute(PIPE.format(path=lane.folder).replace("T (A, B,", "T (A, C,"))
    lane.handled(lane.put("2.csv", "2,second\n"))
    assert lane.rows("A, B, C") == [("1", "first", None), ("2", None, "second")]


def test_a_replaced_definition_may_read_on_and_then_drops_the_fields_that_it_does_not_select(lane):
    lane.handled(lane.put("1.csv", "1,first\n"))
    lane.cursor.execute("ALTER TABLE T ADD COLUMN C VARCHAR")
    wider = PIPE.format(path=lane.folder).replace("(A, B,", "(A, B, C,").replace("$2,", "$2, $3,")
    lane.fault(replaced_pipe_lag_seconds=60)
    try:
        lane.cursor.execute(wider)
        lane.handled(lane.put("2.csv", "2,second,new\n"))
    finally:
        lane.fault(replaced_pipe_lag_seconds=0)
    lane.cursor.execute(wider)
    lane.handled(lane.put("3.csv", "3,third,new\n"))
    assert lane.rows("A, B, C") == [("1", "first", None), ("2", "second", None), ("3", "third", "new")]


def test_what_waited_in_a_replaced_pipe_needs_a_refresh(lane):
    lane.cursor.execute("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = TRUE")
    key = lane.put("f.csv", "1,first\n")
    eventually(lambda: lane.status()["pendingFileCount"] == 1)
    lane.cursor.execute(PIPE.format(path=lane.folder))
    assert lane.status()["pendingFileCount"] == 0
    lane.handled(lane.put("later.csv", "2,second\n"))
    assert lane.rows() == [("2", "second")]
    assert (key, "SENT") in lane.cursor.execute("ALTER PIPE P REFRESH").fetchall()
    lane.handled(key)
    assert lane.rows() == [("1", "first"), ("2", "second")]


def test_a_table_made_anew_has_forgotten_its_files(lane):
    key = lane.put("f.csv", "1,first\n")
    lane.handled(key)
    lane.cursor.execute("CREATE OR REPLACE TABLE T (A VARCHAR, B VARCHAR, F VARCHAR, N NUMBER, S TIMESTAMP_LTZ)")
    assert lane.cursor.execute("ALTER PIPE P REFRESH").fetchall() == [(key, "NOT_SENT")]
    lane.cursor.execute(PIPE.format(path=lane.folder))
    assert lane.cursor.execute("ALTER PIPE P REFRESH").fetchall() == [(key, "SENT")]
    eventually(lambda: lane.rows() == [("1", "first")])


def test_a_renamed_table_keeps_its_load_history(lane):
    key = lane.put("f.csv", "1,first\n")
    lane.handled(key)
    lane.cursor.execute(f"ALTER TABLE T RENAME TO {lane.database}.S.U")
    lane.cursor.execute(f"ALTER TABLE U RENAME TO {lane.database}.S.T")
    lane.cursor.execute(PIPE.format(path=lane.folder))
    assert lane.cursor.execute("ALTER PIPE P REFRESH").fetchall() == [(key, "NOT_SENT")]
    assert lane.handled(key)[0][1] == "Loaded"


def test_only_the_pipes_folder_is_loaded(lane):
    lane.account.put(lane.folder.rstrip("/") + "2/f.csv", "0,0\n")
    lane.handled(lane.put("f.csv", "1,1\n"))
    assert lane.rows() == [("1", "1")]


def test_a_paused_pipe_keeps_its_files_until_it_is_resumed(lane):
    lane.cursor.execute("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = TRUE")
    key = lane.put("f.csv", "1,1\n")
    eventually(lambda: lane.status()["pendingFileCount"] == 1)
    assert lane.status()["executionState"] == "PAUSED"
    assert lane.history() == []
    lane.cursor.execute("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = FALSE")
    lane.handled(key)
    eventually(lambda: lane.status()["pendingFileCount"] == 0)
    assert lane.status()["lastIngestedFilePath"] == key


def test_a_refresh_loads_what_a_paused_pipe_holds(lane):
    lane.cursor.execute("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = TRUE")
    key = lane.put("f.csv", "1,1\n")
    eventually(lambda: lane.status()["pendingFileCount"] == 1)
    assert lane.cursor.execute("ALTER PIPE P REFRESH").fetchall() == [(key, "SENT")]
    lane.handled(key)
    assert lane.rows() == [("1", "1")]


def test_a_refresh_finds_files_without_events_under_its_prefix(lane):
    lane.cursor.execute("DROP PIPE P")
    for name in ("a/1.csv", "a/2.csv", "b/3.csv"):
        lane.put(name, f"{name},x\n")
    lane.queue_is_empty()
    lane.cursor.execute(PIPE.format(path=lane.folder))
    sent = lane.cursor.execute("ALTER PIPE P REFRESH PREFIX = 'a/'").fetchall()
    assert sorted(sent) == [(lane.folder + "a/1.csv", "SENT"), (lane.folder + "a/2.csv", "SENT")]
    lane.handled(*[name for name, _ in sent])
    assert {row[1] for row in lane.cursor.execute("ALTER PIPE P REFRESH PREFIX = 'a/'").fetchall()} == {"NOT_SENT"}
    assert len(lane.rows()) == 2


def test_messages_without_files_are_taken_off_the_queue(lane):
    for body in ('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}', "not json", "[]"):
        lane.account.sqs.send_message(QueueUrl=lane.account.queue_url, MessageBody=body)
    lane.handled(lane.put("f.csv", "1,1\n"))
    lane.queue_is_empty()


def test_a_pipe_without_a_select_reads_the_tables_columns(lane):
    lane.cursor.execute("CREATE TABLE U (X VARCHAR, Y NUMBER(5,1))")
    folder = lane.folder + "u/"
    lane.cursor.execute(
        f"""CREATE PIPE "u$pipe" AS COPY INTO U FROM '@"{lane.database}"."S"."STAGE"/{folder}'
            FILE_FORMAT = ({FORMAT}) ON_ERROR = SKIP_FILE"""
    )
    lane.account.put(folder + "f.csv", "a,1.25\n,\n")
    eventually(lambda: lane.cursor.execute("SELECT * FROM U").fetchall())
    assert [(a, b and float(b)) for a, b in lane.cursor.execute("SELECT * FROM U").fetchall()] == [
        ("a", 1.3),
        (None, None),
    ]


def test_copy_history_answers_in_any_shape(lane):
    key = lane.put("f.csv", "1,1\n")
    lane.handled(key)
    since = "START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())"
    name = f"{lane.database}.S.T"
    quoted = f'"{lane.database}"."S"."T"'
    for table in (
        f"TABLE({lane.database}.INFORMATION_SCHEMA.COPY_HISTORY({since}, TABLE_NAME => '{name}'))",
        f"TABLE(\"{lane.database}\".information_schema.copy_history(table_name => '{quoted}', {since}, "
        "END_TIME => CURRENT_TIMESTAMP())) h",
        f"TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 's.t', {since})) AS h",
        f"(SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', {since}, PIPE_NAME => 'P')) "
        "WHERE STATUS = 'Loaded') x",
    ):
        assert lane.cursor.execute(f"SELECT FILE_NAME FROM {table}").fetchall() == [("f.csv",)], table
    joined = (
        f"WITH c AS (SELECT h.FILE_NAME AS N FROM "
        f"TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', {since})) h) "
        f"SELECT COUNT(*) FROM T JOIN c ON '{lane.folder}' || c.N = T.F"
    )
    assert lane.cursor.execute(joined).fetchone() == (1,)
    lane.cursor.execute(f"SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', {since}))")
    assert [column.name for column in lane.cursor.description] == [
        "FILE_NAME",
        "STAGE_LOCATION",
        "LAST_LOAD_TIME",
        "ROW_COUNT",
        "ROW_PARSED",
        "FILE_SIZE",
        "FIRST_ERROR_MESSAGE",
        "FIRST_ERROR_LINE_NUMBER",
        "FIRST_ERROR_CHARACTER_POS",
        "FIRST_ERROR_COLUMN_NAME",
        "ERROR_COUNT",
        "ERROR_LIMIT",
        "STATUS",
        "TABLE_CATALOG_NAME",
        "TABLE_SCHEMA_NAME",
        "TABLE_NAME",
        "PIPE_CATALOG_NAME",
        "PIPE_SCHEMA_NAME",
        "PIPE_NAME",
        "PIPE_RECEIVED_TIME",
        "FIRST_COMMIT_TIME",
    ]
    future = "START_TIME => DATEADD(hour, 1, CURRENT_TIMESTAMP())"
    assert (
        lane.cursor.execute(
            f"SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', {future}))"
        ).fetchall()
        == []
    )


def test_pipes_are_shown_and_dropped(lane):
    shown = lane.cursor.execute(f"SHOW PIPES LIKE 'p%' IN SCHEMA {lane.database}.S").fetchall()
    assert [row[1:4] for row in shown] == [("P", lane.database, "S")]
    assert "COPY INTO T" in shown[0][4]
    lane.cursor.execute("DROP PIPE P")
    lane.cursor.execute("DROP PIPE IF EXISTS P")
    assert lane.cursor.execute("SHOW PIPES").fetchall() == []
    for statement in ("DROP PIPE P", "SELECT SYSTEM$PIPE_STATUS('P')", "ALTER PIPE P REFRESH"):
        with pytest.raises(ProgrammingError, match=r"Pipe '.*S\.P' does not exist or not authorized") as raised:
            lane.cursor.execute(statement)
        assert raised.value.errno == 2003


@pytest.mark.parametrize(
    ("statement", "errno"),
    [
        ("CREATE PIPE P AS COPY INTO T FROM @STAGE FILE_FORMAT = (FORMAT_NAME = 'FF')", 2002),
        ("CREATE PIPE Q AS COPY INTO NOPE FROM @STAGE FILE_FORMAT = (FORMAT_NAME = 'FF')", 2003),
        ("CREATE PIPE Q AS COPY INTO T FROM @NOPE FILE_FORMAT = (FORMAT_NAME = 'FF')", 2003),
        ("CREATE PIPE Q AS COPY INTO T FROM @STAGE FILE_FORMAT = (FORMAT_NAME = 'NOPE')", 2003),
        ("CREATE PIPE Q AS COPY INTO T FROM @STAGE FILE_FORMAT = (TYPE = CSV)", 2),
        ("CREATE PIPE Q AS COPY INTO T FROM @STAGE FILE_FORMAT = (FORMAT_NAME = 'FF') ON_ERROR = CONTINUE", 2),
        ("CREATE PIPE Q AS COPY INTO T FROM @STAGE FILE_FORMAT = (FORMAT_NAME = 'FF') PURGE = TRUE", 2),
        ("CREATE PIPE Q AS COPY INTO T (A) FROM (SELECT $1, $2 FROM @STAGE) FILE_FORMAT = (FORMAT_NAME = 'FF')", 2057),
        ("CREATE PIPE Q COPY INTO T FROM @STAGE", 1003),
    ],
)
def test_a_pipe_that_could_not_load_is_refused_when_it_is_created(lane, statement, errno):
    with pytest.raises(ProgrammingError) as raised:
        lane.cursor.execute(statement)
    assert raised.value.errno == errno

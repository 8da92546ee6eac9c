"""Aurora's S3 export on the laptop: what it publishes, and that a failed query publishes nothing."""

import csv
import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from local.aurora.records import file_ranges
from local.aurora.server import SYNC_ROLE, Aurora
from local.aws.server import Aws
from tests.support.workflows import MAX_FILE_BYTES

BUCKET = "aurora-exports"


@pytest.fixture(scope="module")
def s3(aws: Aws) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    return client


@pytest.fixture
def owner(aurora: Aurora) -> Iterator[Any]:
    connection = psycopg2.connect(aurora.dsn())
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def sync(aurora: Aurora, s3: Any) -> Iterator[Any]:
    connection = psycopg2.connect(aurora.dsn(SYNC_ROLE))
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def export(cursor: Any, query: str, key: str, bucket: str = BUCKET, options: str = "format csv") -> tuple[int, ...]:
    cursor.execute(
        "SELECT rows_uploaded, files_uploaded, bytes_uploaded FROM aws_s3.query_export_to_s3("
        "query => %s, s3_info => aws_commons.create_s3_uri(%s, %s, 'eu-central-1'), options => %s)",
        (query, bucket, key, options),
    )
    return tuple(cursor.fetchone())


def body(s3: Any, key: str) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def assert_nothing_published(s3: Any, aurora: Aurora, prefix: str) -> None:
    deadline = time.monotonic() + 3
    while (left := [path.name for path in aurora.spool.iterdir() if path.name != "uploader.ready"]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    assert left == []
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", []) == []
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_the_rows_arrive_as_copy_writes_them(sync: Any, s3: Any) -> None:
    rows = export(
        sync, """SELECT 1 AS a, E'x"y\\nz' AS b UNION ALL SELECT 2, NULL UNION ALL SELECT 3, ''""", "plain.csv"
    )
    assert body(s3, "plain.csv") == b'1,"x""y\nz"\n2,\n3,""\n'
    assert rows == (3, 1, len(body(s3, "plain.csv")))


def test_both_signatures_and_the_copy_options_are_honoured(owner: Any, s3: Any) -> None:
    owner.execute(
        "SELECT * FROM aws_s3.query_export_to_s3(%s, %s, %s, %s, options => %s)",
        ("SELECT 1 AS one, 'a' AS two;", BUCKET, "other.csv", "eu-central-1", "format csv, delimiter '|', header true"),
    )
    assert owner.fetchone() == (1, 1, len(b"one|two\n1|a\n"))
    assert body(s3, "other.csv") == b"one|two\n1|a\n"


def test_no_rows_publish_one_empty_file(sync: Any, s3: Any) -> None:
    assert export(sync, "SELECT 1 WHERE false", "empty.csv") == (0, 1, 0)
    assert body(s3, "empty.csv") == b""


def test_a_large_export_is_cut_between_records(sync: Any, s3: Any) -> None:
    query = "SELECT i, repeat(E'line one\\n\"quoted\"', 60) AS t FROM generate_series(1, 100000) i"
    rows, files, size = export(sync, query, "large.csv")
    keys = ["large.csv", *(f"large.csv_part{number}" for number in range(2, files + 1))]
    bodies = [body(s3, key) for key in keys]
    assert (rows, files, size) == (100_000, -(-size // MAX_FILE_BYTES), sum(map(len, bodies)))
    assert files >= 3
    ids = [int(row[0]) for one in bodies for row in csv.reader(io.StringIO(one.decode(), newline=""))]
    assert ids == list(range(1, 100_001))


@pytest.mark.parametrize("limit", [1, 7, 20, 64])
def test_every_cut_is_after_a_record(tmp_path: Any, limit: int) -> None:
    records = [f'{i},"a\n""{i}\n"\n' if i % 3 else f"{i},\n" for i in range(50)]
    (tmp_path / "e.csv").write_text("".join(records))
    ends = {sum(map(len, records[:n])) for n in range(len(records) + 1)}
    ranges = file_ranges(tmp_path / "e.csv", "csv", '"', limit)
    assert {start for start, _ in ranges} | {start + length for start, length in ranges} <= ends
    assert sum(length for _, length in ranges) == sum(map(len, records))
    assert all(length >= limit for _, length in ranges[:-1])


def test_a_failed_query_publishes_no_file(sync: Any, s3: Any, aurora: Aurora) -> None:
    with pytest.raises(psycopg2.errors.DivisionByZero):
        export(sync, "SELECT 1 / (400000 - i), repeat('x', 100) FROM generate_series(1, 400001) i", "failed/late")
    assert_nothing_published(s3, aurora, "failed/")


def test_a_statement_over_its_time_publishes_no_file(sync: Any, s3: Any, aurora: Aurora) -> None:
    sync.execute("SET statement_timeout = '300ms'")
    with pytest.raises(psycopg2.errors.QueryCanceled):
        export(sync, "SELECT i, pg_sleep(0.01) FROM generate_series(1, 1000) i", "failed/timeout")
    assert_nothing_published(s3, aurora, "failed/")


@pytest.mark.parametrize("ending", ["pg_cancel_backend", "pg_terminate_backend"])
def test_an_ended_export_publishes_no_file(sync: Any, owner: Any, s3: Any, aurora: Aurora, ending: str) -> None:
    pid = sync.connection.info.backend_pid
    ended = threading.Timer(0.3, lambda: owner.execute(f"SELECT {ending}({pid})"))
    ended.start()
    with pytest.raises(psycopg2.OperationalError):
        export(sync, "SELECT i, pg_sleep(0.01) FROM generate_series(1, 1000) i", "failed/ended")
    ended.join()
    assert_nothing_published(s3, aurora, "failed/")


def test_an_upload_that_s3_refuses_is_an_error_with_its_reason(sync: Any, s3: Any, aurora: Aurora) -> None:
    with pytest.raises(psycopg2.OperationalError) as raised:
        export(sync, "SELECT 1", "failed/bucket", bucket="no-such-bucket")
    assert raised.value.pgcode == "58000"
    assert raised.value.diag.message_primary == "could not upload to Amazon S3"
    assert raised.value.diag.message_detail == "Amazon S3 client returned 'The specified bucket does not exist'."
    assert_nothing_published(s3, aurora, "failed/")


def test_exports_need_the_right_to_read_the_table(sync: Any, owner: Any, s3: Any) -> None:
    table = f"secret_{uuid4().hex[:8]}"
    owner.execute(f"CREATE TABLE {table} (id int); INSERT INTO {table} VALUES (1)")
    assert export(sync, f"SELECT * FROM {table}", "allowed.csv")[0] == 1
    owner.execute(f"REVOKE SELECT ON {table} FROM {SYNC_ROLE}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match=f"permission denied for table {table}"):
        export(sync, f"SELECT * FROM {table}", "denied.csv")


def test_eight_exports_run_at_once(aurora: Aurora, s3: Any) -> None:
    def one(number: int) -> tuple[int, ...]:
        connection = psycopg2.connect(aurora.dsn(SYNC_ROLE))
        try:
            return export(connection.cursor(), f"SELECT {number}, pg_sleep(0.5)", f"at-once/{number}")
        finally:
            connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        assert [rows for rows, _, _ in pool.map(one, range(8))] == [1] * 8
    assert time.monotonic() - began < 3
    assert sorted(body(s3, f"at-once/{number}")[:1] for number in range(8)) == [b"%d" % number for number in range(8)]


def test_a_small_export_costs_little(sync: Any) -> None:
    export(sync, "SELECT 1", "small/warm")
    began = time.monotonic()
    for number in range(20):
        export(sync, "SELECT 1", f"small/{number}")
    assert (time.monotonic() - began) / 20 < 0.1


def test_the_sync_role_sees_other_sessions_transactions(sync: Any) -> None:
    sync.execute("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'usage'), current_setting('timezone')")
    assert sync.fetchone() == (True, "UTC")

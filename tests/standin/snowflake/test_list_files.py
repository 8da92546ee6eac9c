"""LIST of a stage, and queries of an earlier statement's result."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest
from snowflake.connector import DictCursor
from snowflake.connector.errors import ProgrammingError

from tests.standin.snowflake.account import BUCKET


@pytest.fixture
def cursor(connection, database):
    cursor = connection.cursor(DictCursor)
    cursor.execute(f"CREATE STAGE \"my stage\" URL = 's3://{BUCKET}/' STORAGE_INTEGRATION = x")
    return cursor


@pytest.fixture
def folder(account):
    """Two files of 5 and 2 bytes."""
    name = f"f{uuid4().hex}"
    account.put(f"{name}/a.csv", "12345")
    account.put(f"{name}/b/c.csv", "12")
    return name


def test_files_are_listed_by_their_addresses(cursor, folder):
    found = cursor.execute(f"LIST '@\"my stage\"/{folder}/'").fetchall()
    assert [(row["name"], row["size"]) for row in found] == [
        (f"s3://{BUCKET}/{folder}/a.csv", 5),
        (f"s3://{BUCKET}/{folder}/b/c.csv", 2),
    ]
    assert found[0].keys() == {"name", "size", "md5", "last_modified"}
    assert found[0]["last_modified"].endswith(" GMT")
    assert parsedate_to_datetime(found[0]["last_modified"]).year >= 2026


def test_a_stage_that_is_not_there_is_refused(cursor):
    with pytest.raises(ProgrammingError, match="does not exist") as raised:
        cursor.execute("LS @other")
    assert raised.value.errno == 2003


def test_a_list_can_be_asked_like_a_table(cursor, folder):
    listed = cursor.execute(f"LIST '@\"my stage\"/{folder}/'").sfqid
    query = (
        'SELECT COUNT(*) AS N, SUM(l."size") AS BYTES, '
        "MAX(TO_TIMESTAMP_NTZ(SUBSTR(l.\"last_modified\", 6, 20), 'DD MON YYYY HH24:MI:SS')) AS NEWEST "
        f"FROM TABLE(RESULT_SCAN('{listed}')) l WHERE l.\"name\" LIKE '%/a.csv'"
    )
    for _ in range(2):
        [found] = cursor.execute(query).fetchall()
        assert (found["N"], found["BYTES"]) == (1, 5)
        assert found["NEWEST"].year >= 2026


def test_a_result_that_is_not_kept_is_refused(cursor):
    with pytest.raises(ProgrammingError, match="not found"):
        cursor.execute(f"SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{uuid4()}'))")


def test_insert_overwrite_is_refused_rather_than_run_otherwise(session):
    """The engine would empty the table before it reads it."""
    session.execute("CREATE TABLE T AS SELECT 1 AS A")
    with pytest.raises(ProgrammingError, match="INSERT OVERWRITE"):
        session.execute("INSERT OVERWRITE INTO T SELECT A FROM T")
    assert session.execute("SELECT COUNT(*) FROM T").scalar() == 1

"""Which statements need a warehouse, and that the stand-in counts them."""

from __future__ import annotations

import json
from collections import Counter
from urllib.request import urlopen

import pytest

from local.snowflake.language.compute import needs_warehouse


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW PIPES LIKE 'A%' IN SCHEMA D.S",
        "DESCRIBE TABLE T",
        "desc table t",
        "SELECT SYSTEM$PIPE_STATUS('D.S.P') AS \"STATUS\"",
        "SELECT CURRENT_ACCOUNT(), 1",
        "CREATE TABLE T (A VARCHAR)",
        "CREATE OR REPLACE VIEW V AS SELECT * FROM T",
        "CREATE PIPE P AS COPY INTO T FROM (SELECT $1 FROM @S)",
        "CREATE OR REPLACE TASK T AS EXECUTE IMMEDIATE 'BEGIN DELETE FROM T; END'",
        "ALTER TABLE T ADD COLUMN A VARCHAR",
        "ALTER PIPE P REFRESH PREFIX = 'a'",
        "DROP PIPE IF EXISTS P",
        "BEGIN TRANSACTION",
        "BEGIN",
        "COMMIT",
        "USE WAREHOUSE W",
        "EXECUTE TASK T USING CONFIG = '{}'",
        'SELECT COUNT(*) AS "N" FROM T',
        'SELECT MAX("AT") AS "LOW", MAX("_VERSION") AS "VERSION" FROM D.S.T',
        'SELECT NULL AS "LOW", MAX("_VERSION") AS "VERSION" FROM D.S.T',
    ],
)
def test_cloud_services_alone_answer(sql: str) -> None:
    assert not needs_warehouse(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM T WHERE FALSE",
        'SELECT COUNT(*) AS "ROWS" FROM T WHERE "_FILE" IN (\'a\')',
        "SELECT COUNT(A) FROM T",
        "SELECT MAX(A + 1) FROM T",
        "SELECT A, COUNT(*) FROM T GROUP BY A",
        "SELECT COUNT(*) FROM T INNER JOIN U ON T.A = U.A",
        "SELECT COUNT(*) FROM (SELECT DISTINCT A FROM T)",
        "SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', START_TIME => CURRENT_TIMESTAMP()))",
        "SELECT TABLE_NAME FROM D.INFORMATION_SCHEMA.TABLES",
        "WITH C AS (SELECT A FROM T) SELECT * FROM C",
        "(SELECT A FROM T)",
        "INSERT INTO T SELECT 1",
        "insert into t values (1)",
        "UPDATE T SET A = 1",
        "DELETE FROM T",
        "MERGE INTO T USING U ON T.A = U.A WHEN MATCHED THEN DELETE",
        "CREATE OR REPLACE TEMPORARY TABLE T AS SELECT * FROM U",
        "EXECUTE IMMEDIATE $$\nBEGIN\n  DELETE FROM T;\nEND;\n$$",
        "BEGIN LET x NUMBER := (SELECT COUNT(*) FROM T); RETURN x; END",
    ],
)
def test_a_warehouse_has_to_run(sql: str) -> None:
    assert needs_warehouse(sql)


def counted(port: int, query: str = "") -> Counter[str]:
    with urlopen(f"http://127.0.0.1:{port}/laptop/statements{query}", timeout=10) as answer:
        return Counter(json.loads(answer.read()))


def test_the_statements_of_an_account_are_counted_with_and_without_a_warehouse(account, connection, database) -> None:
    before, on_warehouse = counted(account.port), counted(account.port, "?warehouse=true")
    for sql in ("CREATE TABLE T (A NUMBER)", "INSERT INTO T VALUES (1)", "SELECT A FROM T", "SELECT COUNT(*) FROM T"):
        connection.cursor().execute(sql)
    assert counted(account.port) - before == {"CREATE": 1, "INSERT": 1, "SELECT": 2}
    assert counted(account.port, "?warehouse=true") - on_warehouse == {"INSERT": 1, "SELECT": 1}

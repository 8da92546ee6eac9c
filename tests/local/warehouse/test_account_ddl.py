"""Statements about the account: accepted from a list, refused otherwise; and tasks."""

from __future__ import annotations

import logging

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.local.warehouse.account import eventually


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE IF NOT EXISTS R COMMENT = 'x'",
        "CREATE OR REPLACE USER U TYPE = SERVICE RSA_PUBLIC_KEY = 'MII' DEFAULT_ROLE = R",
        "ALTER USER U SET RSA_PUBLIC_KEY_2 = 'x'",
        "DROP USER IF EXISTS U",
        "CREATE WAREHOUSE IF NOT EXISTS W WITH WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE",
        "ALTER WAREHOUSE W SUSPEND",
        "CREATE STORAGE INTEGRATION I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE"
        " STORAGE_AWS_ROLE_ARN = 'a'"
        " STORAGE_ALLOWED_LOCATIONS = ('s3://b/')",
        "CREATE NOTIFICATION INTEGRATION N ENABLED = TRUE TYPE = QUEUE",
        "CREATE NETWORK POLICY P ALLOWED_NETWORK_RULE_LIST = ('R')",
        "CREATE NETWORK RULE R TYPE = IPV4 VALUE_LIST = ('10.0.0.0/8') MODE = INGRESS",
        "GRANT USAGE ON DATABASE D TO ROLE R",
        "GRANT ALL ON FUTURE TABLES IN SCHEMA D.S TO ROLE R",
        "REVOKE ROLE R FROM USER U",
        "ALTER SESSION SET QUERY_TAG = 'x', TIMEZONE = 'UTC'",
        "ALTER SESSION UNSET QUERY_TAG",
        "USE ROLE R",
        "USE WAREHOUSE W",
    ],
)
def test_account_level_statements_succeed(session, statement):
    assert session.execute(statement).scalar() == "Statement executed successfully."


def test_keys_are_recorded_but_not_enforced(session):
    session.execute("CREATE TABLE T (A NUMBER PRIMARY KEY, B VARCHAR UNIQUE, C NUMBER, CONSTRAINT K UNIQUE (C))")
    session.execute("INSERT INTO T VALUES (1, 'x', 1), (1, 'x', 1)")
    assert session.execute("SELECT COUNT(*) FROM T").scalar() == 2
    with pytest.raises(ProgrammingError, match="non-nullable"):
        session.execute("INSERT INTO T (B) VALUES ('y')")


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


def test_a_dropped_database_takes_its_objects_along(session):
    session.execute("CREATE TASK X AS SELECT 1")
    session.execute("CREATE STAGE G URL = 's3://b/'")
    session.execute("DROP DATABASE D")
    session.execute("DROP DATABASE IF EXISTS D")
    assert session.execute("SHOW TASKS IN ACCOUNT").table.num_rows == 0
    session.execute("CREATE DATABASE D")
    session.execute("CREATE SCHEMA D.S")
    assert session.execute("CREATE STAGE D.S.G URL = 's3://c/'").scalar() == "Stage area G successfully created."

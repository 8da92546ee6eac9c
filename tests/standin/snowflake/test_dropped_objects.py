"""What is left of an object whose table was dropped: a view that fails, a pipe that stopped."""

from __future__ import annotations

import json

import pytest
from snowflake.connector.errors import ProgrammingError


def refusal(session, statement):
    with pytest.raises(ProgrammingError) as raised:
        session.execute(statement)
    return raised.value.errno, raised.value.sqlstate, str(raised.value.raw_msg)


@pytest.fixture
def view(session):
    session.execute("CREATE SCHEMA V")
    for statement in (
        "CREATE TABLE D.S.T (A NUMBER)",
        "CREATE VIEW D.V.T AS SELECT A FROM D.S.T",
        "CREATE VIEW D.V.U AS SELECT A FROM D.V.T",
    ):
        session.execute(statement)
    return session


@pytest.mark.parametrize("name", ["D.V.T", "D.V.U"])
@pytest.mark.parametrize(
    "statement", ["SELECT 1 FROM {} WHERE FALSE", "INSERT INTO X WITH C AS (SELECT A FROM {}) SELECT A FROM C"]
)
def test_a_view_whose_table_is_gone_fails_in_its_expansion(view, statement, name):
    view.execute("CREATE TABLE X (A NUMBER)")
    view.execute("DROP TABLE D.S.T")
    errno, sqlstate, text = refusal(view, statement.format(name))
    assert (errno, sqlstate) == (2037, "42601")
    assert f"Failure during expansion of view '{name[-1]}': SQL compilation error" in text
    assert "does not exist or not authorized" in text
    assert "D.V.T'" not in text


def test_the_statements_own_missing_object_is_told_as_before(view):
    assert refusal(view, "SELECT 1 FROM D.V.T JOIN D.S.NOPE USING (A)")[0] == 2003
    view.execute("DROP VIEW D.V.T")
    assert refusal(view, "SELECT 1 FROM D.V.T")[0] == 2003


def test_a_pipe_outlives_its_table_and_stops(session):
    session.execute("CREATE TABLE T (A VARCHAR)")
    session.execute("CREATE STAGE G URL = 's3://b/'")
    session.execute("CREATE FILE FORMAT F TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"' NULL_IF = ()")
    session.execute(
        "CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO D.S.T (A) FROM (SELECT $1 FROM '@D.S.G/x/') "
        "FILE_FORMAT = (FORMAT_NAME = 'D.S.F')"
    )

    def state():
        return json.loads(session.execute("SELECT SYSTEM$PIPE_STATUS('D.S.P') AS V").scalar())["executionState"]

    assert state() == "RUNNING"
    session.execute("DROP TABLE T")
    assert state() == "STOPPED_MISSING_TABLE"
    session.execute("DROP PIPE P")
    assert refusal(session, "SELECT SYSTEM$PIPE_STATUS('D.S.P') AS V")[0] == 2003

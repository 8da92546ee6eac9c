"""The files run against the stand-in for Snowflake, in order, twice: the second time changes nothing."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from snowflake.connector.util_text import split_statements

from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import table_statements
from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.examples import EXAMPLES
from infra.snowflake.sql_files import SqlFile, files
from local.snowflake.session.session import Session
from local.snowflake.state import State
from tests.support.rendered import KEY, WORKLOAD

_EVENTS = '"PUBLIC__EXAMPLE_EVENTS"'


@pytest.fixture
def session() -> Iterator[Session]:
    session = State(lock_timeout_seconds=20).session(None, None)
    yield session
    session.rollback()
    session.execute("DROP DATABASE IF EXISTS AURORA")
    session.close()


def apply(session: Session, file: SqlFile, account: SnowflakeAccount = KEY) -> list[Any]:
    """What each of the file's statements returns, split as the command line does; no integration is described here."""
    parts = (text for text, _ in split_statements(io.StringIO(file.text(account)), remove_comments=True) if text)
    return [session.execute(part).scalar() for part in parts if not part.startswith("DESCRIBE INTEGRATION")]


def state(session: Session) -> dict[str, Any]:
    """Every table and view with its columns, every definition, and how many rows there are."""
    duck = session.duck
    columns = duck.execute(
        "SELECT schema_name, table_name, column_name, data_type, is_nullable FROM duckdb_columns()"
        " WHERE database_name = 'AURORA' ORDER BY ALL"
    ).fetchall()
    views = duck.execute(
        "SELECT view_name, sql FROM duckdb_views() WHERE database_name = 'AURORA' ORDER BY 1"
    ).fetchall()
    tables = duck.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'AURORA' ORDER BY ALL"
    ).fetchall()
    rows = {
        f"{schema}.{name}": duck.execute(f'SELECT COUNT(*) FROM "AURORA"."{schema}"."{name}"').fetchall()[0][0]
        for schema, name in tables
    }
    listed = {
        kind: sorted(str(_lasting(row)) for row in session.execute(f"SHOW {kind} IN ACCOUNT").table.to_pylist())
        for kind in ("PIPES", "TASKS")
    }
    return {"columns": columns, "views": views, "rows": rows, **listed}


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    """A task is made anew each time: it is another one with the same definition."""
    return {name: value for name, value in row.items() if name != "id" and not name.endswith("_on")}


def test_running_everything_again_changes_nothing(session: Session) -> None:
    """Key pair and workload identity differ in the first file only."""
    first, *others, _tear_down = files(KEY)
    made = {file.path: apply(session, file) for file in (first, files(WORKLOAD)[0], *others)}
    merges = [results[-1] for path, results in made.items() if path.endswith("-merge.sql")]
    assert merges == ["NO_BATCH"] * len(EXAMPLES)
    fill(session)
    before = state(session)
    assert before["rows"]["STAGING.PUBLIC__EXAMPLE_EVENTS"] == before["rows"]["CONTROL.READINGS"] == 1
    assert len(before["PIPES"]) - 1 == len(before["TASKS"]) == len(EXAMPLES), "one pipe names the queue"
    for file in (first, files(WORKLOAD)[0], *others):
        apply(session, file)
    assert state(session) == before


def test_a_statement_that_made_a_table_anew_would_be_seen(session: Session) -> None:
    for file in making():
        apply(session, file)
    fill(session)
    before = state(session)
    example = EXAMPLES["no key, a timestamp watermark"]
    for statement in table_statements(TableObjects("AURORA", example.source), example.rules, replace=True):
        session.execute(statement)
    assert state(session) != before


def test_the_tear_down_leaves_nothing(session: Session) -> None:
    for file in making():
        apply(session, file)
    assert state(session)["rows"]
    apply(session, files(KEY)[-1])
    assert state(session) == {"columns": [], "views": [], "rows": {}, "PIPES": [], "TASKS": []}


def making() -> list[SqlFile]:
    """The files that make objects."""
    return [file for file in files(KEY) if re.search(r"^\d\d-|-objects", file.path)]


def fill(session: Session) -> None:
    """A row in a table of STAGING and in one of CONTROL."""
    session.execute(f'INSERT INTO "AURORA"."STAGING".{_EVENTS} ("_FILE", "_ROW") VALUES (\'f\', 1)')
    session.execute('INSERT INTO "AURORA"."CONTROL"."READINGS" VALUES (\'public.t\', 1, \'2025-01-31T00:00:00\')')

"""One transaction per session: what ends it, and what two statements at once do to each other in it."""

from __future__ import annotations

import threading

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.standin.snowflake.account import eventually

MERGE = """EXECUTE IMMEDIATE $$ BEGIN
  BEGIN TRANSACTION;
  MERGE INTO T USING (SELECT 1 AS A) S ON T.A = S.A WHEN NOT MATCHED THEN INSERT (A) VALUES (S.A);
  COMMIT;
EXCEPTION WHEN OTHER THEN ROLLBACK; RAISE;
END; $$"""


@pytest.fixture
def tables(session):
    for name in ("T", "U"):
        session.execute(f"CREATE TABLE {name} (A NUMBER)")
    return session


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE V (A NUMBER)",
        "CREATE TABLE V AS SELECT 1 AS A",
        "CREATE TEMPORARY TABLE V (A NUMBER)",
        "CREATE VIEW W AS SELECT A FROM T",
        "ALTER TABLE T ADD COLUMN B NUMBER",
        "DROP TABLE U",
        "CREATE TASK K AS SELECT 1",
        "CREATE ROLE IF NOT EXISTS PUBLIC",
        "GRANT SELECT ON TABLE T TO ROLE PUBLIC",
    ],
)
def test_ddl_commits_what_is_open(tables, statement):
    tables.execute("BEGIN TRANSACTION")
    tables.execute("INSERT INTO T (A) VALUES (1)")
    tables.execute(statement)
    tables.execute("ROLLBACK")
    assert tables.execute("SELECT COUNT(*) FROM T").scalar() == 1


def test_truncate_is_undone_with_its_transaction(tables):
    tables.execute("INSERT INTO T (A) VALUES (1)")
    tables.execute("BEGIN TRANSACTION")
    tables.execute("TRUNCATE TABLE T")
    tables.execute("ROLLBACK")
    assert tables.execute("SELECT COUNT(*) FROM T").scalar() == 1


@pytest.fixture
def held(tables, state):
    """A block of the session that stands in its transaction, and how it ends: `end(aborts)` returns its error."""
    state.faults.hold_merge_into("T")
    ended: list[ProgrammingError | None] = []

    def run() -> None:
        try:
            tables.execute(MERGE)
            ended.append(None)
        except ProgrammingError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: state.faults.holds_a_merge)

    def end(aborts: bool) -> ProgrammingError | None:
        state.faults.release(aborts)
        thread.join(20)
        return ended[0]

    yield end
    state.faults.release(aborts=True)
    thread.join(20)


def counts(session):
    return [session.execute(f"SELECT COUNT(*) FROM {name}").scalar() for name in ("T", "U")]


def test_a_statement_beside_a_block_of_its_session_sees_and_shares_its_transaction(tables, held):
    tables.execute("INSERT INTO U (A) VALUES (1)")
    assert counts(tables) == [1, 1]
    assert held(aborts=True).errno == 604
    assert counts(tables) == [0, 0]


def test_a_second_blocks_begin_does_nothing_and_its_commit_ends_both(tables, held):
    tables.execute("EXECUTE IMMEDIATE $$ BEGIN BEGIN TRANSACTION; INSERT INTO U (A) VALUES (1); COMMIT; END; $$")
    assert held(aborts=True).errno == 604
    assert counts(tables) == [1, 1]


def test_another_session_has_its_own(tables, held, state):
    other = state.session("D", "S")
    assert counts(other) == [0, 0]
    assert held(aborts=False) is None
    assert counts(other) == [1, 0]
    other.close()

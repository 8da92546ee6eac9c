"""MERGE: counts, atomicity, duplicates, and writers that wait for each other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from snowflake.connector.errors import ProgrammingError

MERGE = (
    "MERGE INTO D.S.T t USING (SELECT COLUMN1 AS K, COLUMN2 AS V FROM VALUES {values}) s ON t.K = s.K "
    "WHEN MATCHED AND s.V = 'delete' THEN DELETE "
    "WHEN MATCHED AND UPPER(s.V) <> COALESCE(t.V, '') THEN UPDATE SET t.V = UPPER(s.V), t.\"N\" = t.N + 1 "
    "WHEN NOT MATCHED AND s.V IS NOT NULL THEN INSERT (K, V, N) VALUES (s.K, s.V, 0)"
)


@pytest.fixture
def table(session):
    session.execute("CREATE TABLE D.S.T (K NUMBER(19,0), V VARCHAR, N NUMBER)")
    session.execute("INSERT INTO D.S.T VALUES (1, 'A', 0), (2, 'B', 0), (3, NULL, 0)")
    return session


def rows(session):
    return [tuple(row.values()) for row in session.execute("SELECT * FROM D.S.T ORDER BY K").table.to_pylist()]


def test_a_merge_counts_what_it_did(table):
    result = table.execute(MERGE.format(values="(1, 'delete'), (2, 'b'), (3, 'c'), (4, 'd'), (5, NULL)"))
    assert result.table.to_pylist() == [
        {"number of rows inserted": 1, "number of rows updated": 1, "number of rows deleted": 1}
    ]
    assert result.affected == 3
    assert rows(table) == [(2, "B", 0), (3, "C", 1), (4, "d", 0)]


def test_only_the_possible_actions_are_counted(table):
    result = table.execute("MERGE INTO D.S.T USING D.S.T s ON T.K = s.K AND FALSE WHEN MATCHED THEN UPDATE SET V = 'x'")
    assert result.table.to_pylist() == [{"number of rows updated": 0}]


def test_two_source_rows_for_one_target_row_are_refused(table):
    with pytest.raises(ProgrammingError, match="Duplicate row detected during DML action") as raised:
        table.execute(MERGE.format(values="(4, 'new'), (1, 'x'), (1, 'y')"))
    assert (raised.value.errno, raised.value.sqlstate) == (100090, "42P18")
    assert rows(table) == [(1, "A", 0), (2, "B", 0), (3, None, 0)]


def test_a_merge_joins_its_transaction(table):
    for end, expected in (("ROLLBACK", "A"), ("COMMIT", "X")):
        table.execute("BEGIN")
        table.execute(MERGE.format(values="(1, 'x')"))
        table.execute(end)
        assert rows(table)[0][1] == expected


def test_a_failed_merge_changes_nothing(table):
    with pytest.raises(ProgrammingError):
        table.execute(MERGE.format(values="(1, 'x'), (4, 'y')").replace("t.N + 1", "1 / CAST(s.V AS NUMBER)"))
    assert rows(table) == [(1, "A", 0), (2, "B", 0), (3, None, 0)]


BLOCK = """EXECUTE IMMEDIATE $$ BEGIN
  BEGIN TRANSACTION;
  MERGE INTO D.S.{table} t USING (SELECT {number} AS K UNION ALL SELECT 1000) s ON t.K = s.K
    WHEN MATCHED THEN UPDATE SET t.N = t.N + 1 WHEN NOT MATCHED THEN INSERT (K, N) VALUES (s.K, 1);
  LET merged INTEGER := SQLROWCOUNT;
  INSERT INTO D.S.LEDGER SELECT '{table}', {number}, :merged
    WHERE NOT EXISTS (SELECT 1 FROM D.S.LEDGER WHERE B = '{table}' AND R = {number});
  LET recorded INTEGER := (SELECT COUNT(*) FROM D.S.LEDGER WHERE B = '{table}' AND R = {number});
  IF (recorded <> 1) THEN ROLLBACK; RETURN 'twice'; END IF;
  COMMIT;
  RETURN 'merged';
EXCEPTION WHEN OTHER THEN ROLLBACK; RAISE; END; $$"""


@pytest.mark.parametrize("shared", [True, False], ids=["one table", "a table each"])
def test_eight_writers_queue_and_none_fails(table, state, shared):
    table.execute("CREATE TABLE D.S.LEDGER (B VARCHAR, R NUMBER, M NUMBER)")
    targets = ["SHARED"] * 8 if shared else [f"T{worker}" for worker in range(8)]
    for name in set(targets):
        table.execute(f"CREATE TABLE D.S.{name} (K NUMBER, N NUMBER)")
    start = threading.Barrier(8)

    def work(worker):
        session = state.session(None, None)
        start.wait()
        try:
            return [
                session.execute(BLOCK.format(table=targets[worker], number=worker * 10 + turn)).scalar()
                for turn in range(6)
            ]
        finally:
            session.close()

    with ThreadPoolExecutor(8) as threads:
        assert [answer for answers in threads.map(work, range(8)) for answer in answers] == ["merged"] * 48
    assert table.execute("SELECT COUNT(*) FROM D.S.LEDGER").scalar() == 48
    per_key = table.execute(f"SELECT N FROM D.S.{targets[0]} WHERE K = 1000").scalar()
    assert per_key == (48 if shared else 6)


def test_a_writer_waits_for_an_open_transaction(table, state):
    other = state.session(None, None)
    table.execute("BEGIN TRANSACTION")
    table.execute("UPDATE D.S.T SET V = 'first' WHERE K = 1")
    waiting = threading.Thread(target=other.execute, args=("UPDATE D.S.T SET V = V || '+second' WHERE K = 1",))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    assert other.duck.cursor().execute("SELECT V FROM D.S.T WHERE K = 1").fetchall() == [("A",)]
    table.execute("COMMIT")
    waiting.join(10)
    assert rows(table)[0][1] == "first+second"


def test_a_closed_session_lets_the_next_writer_in(table, state):
    other = state.session(None, None)
    other.execute("BEGIN")
    other.execute("DELETE FROM D.S.T")
    other.close()
    table.execute("INSERT INTO D.S.T VALUES (9, 'x', 0)")
    assert len(rows(table)) == 4

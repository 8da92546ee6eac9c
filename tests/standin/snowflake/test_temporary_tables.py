"""Temporary tables: one session's, whatever their full name; making one ends the transaction."""

from __future__ import annotations

import pytest
from snowflake.connector.errors import ProgrammingError

MAKE = 'CREATE OR REPLACE TEMPORARY TABLE "D"."S"."t" (A NUMBER, "B" TIMESTAMP_TZ(6), C VARIANT, E BINARY)'


def values(session, query):
    return [next(iter(row.values())) for row in session.execute(query).table.to_pylist()]


def test_it_is_found_by_each_of_its_names_and_made_anew(session):
    for _ in range(2):
        session.execute(MAKE)
        assert values(session, 'SELECT A FROM "t"') == []
        session.execute('INSERT INTO "D"."S"."t" (A) VALUES (1), (2)')
    assert values(session, 'SELECT s.A FROM S."t" s INNER JOIN "t" r ON r.A = s.A ORDER BY 1') == [1, 2]
    session.execute('DROP TABLE IF EXISTS "D"."S"."t"')
    with pytest.raises(ProgrammingError, match=r"D\.S\.t' does not exist"):
        session.execute('SELECT A FROM "D"."S"."t"')


def test_no_other_session_has_it(session, state):
    session.execute(MAKE)
    other = state.session("D", "S")
    with pytest.raises(ProgrammingError, match="does not exist"):
        other.execute('SELECT A FROM "t"')
    other.execute(MAKE)
    other.execute('INSERT INTO "t" (A) VALUES (7)')
    assert (values(session, 'SELECT A FROM "t"'), values(other, 'SELECT A FROM "t"')) == ([], [7])
    other.close()


def test_it_hides_a_permanent_table_of_its_name(session):
    session.execute('CREATE TABLE "D"."S"."t" AS SELECT 5 AS A')
    session.execute(MAKE)
    assert values(session, 'SELECT A FROM "t"') == []
    session.execute('DROP TABLE "t"')
    assert values(session, 'SELECT A FROM "t"') == [5]


def test_making_it_commits_the_open_transaction_and_its_rows_are_rolled_back(session):
    session.execute("CREATE TABLE P (A NUMBER)")
    for statement in ("BEGIN", "INSERT INTO P VALUES (1)", MAKE, "ROLLBACK"):
        session.execute(statement)
    assert values(session, "SELECT A FROM P") == [1]
    for statement in ("BEGIN", 'INSERT INTO "t" (A) VALUES (1)', "ROLLBACK"):
        session.execute(statement)
    assert values(session, 'SELECT A FROM "t"') == []


def test_a_permanent_table_changes_by_its_rows(session):
    session.execute("CREATE TABLE P (A NUMBER, V VARCHAR)")
    session.execute("INSERT INTO P VALUES (1, 'a'), (2, 'b')")
    session.execute('CREATE TEMPORARY TABLE "t" (A NUMBER, V VARCHAR)')
    session.execute("INSERT INTO \"t\" VALUES (1, 'x'), (3, 'y')")
    session.execute('UPDATE P p SET V = s.V FROM "D"."S"."t" s WHERE p.A = s.A')
    session.execute('MERGE INTO P p USING (SELECT A, V FROM "t") s ON p.A = s.A WHEN NOT MATCHED THEN INSERT (A, V) '
                    "VALUES (s.A, s.V)")  # fmt: skip
    session.execute('DELETE FROM P p USING "t" s WHERE p.A = s.A AND s.A = 1')
    assert values(session, "SELECT V FROM P ORDER BY A") == ["b", "y"]

"""Subqueries that Snowflake does not evaluate are refused, and all others run."""

from __future__ import annotations

import pytest
from snowflake.connector.errors import ProgrammingError

CORRELATED = "EXISTS (SELECT 1 FROM U WHERE U.A = T.A)"
EXISTS = "EXISTS (SELECT 1 FROM U WHERE U.A = 1)"


@pytest.fixture
def tables(session):
    for statement in (
        "CREATE TABLE T (A NUMBER, B BOOLEAN)",
        "CREATE TABLE U (A NUMBER)",
        "INSERT INTO T VALUES (1, TRUE), (2, FALSE)",
        "INSERT INTO U VALUES (1), (1)",
    ):
        session.execute(statement)
    return session


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT A FROM T WHERE B OR {CORRELATED}",
        f"SELECT A FROM T WHERE A > 0 AND (NOT {CORRELATED} OR B)",
        f"SELECT {CORRELATED} FROM T",
        f"SELECT COUNT_IF({CORRELATED}) FROM T",
        f"SELECT CASE WHEN {CORRELATED} THEN 1 END FROM T",
        f"SELECT A FROM T GROUP BY A HAVING {CORRELATED}",
        f"SELECT A FROM T QUALIFY {CORRELATED}",
        f"SELECT 1 FROM T INNER JOIN T V ON {CORRELATED}",
        f"INSERT INTO U SELECT A FROM T WHERE B OR {CORRELATED}",
        f"UPDATE T SET B = {CORRELATED}",
        f"DELETE FROM T WHERE B OR {CORRELATED}",
        "DELETE FROM T t WHERE t.B OR EXISTS (SELECT 1 FROM U u WHERE u.A = t.A)",
        f"MERGE INTO T USING U ON T.A = U.A WHEN MATCHED AND {CORRELATED} THEN UPDATE SET B = TRUE",
        f"CREATE VIEW V AS SELECT A FROM T WHERE B OR {CORRELATED}",
        "SELECT A FROM T WHERE B OR A IN (SELECT A FROM U)",
        "SELECT A IN (SELECT A FROM U) FROM T",
        "SELECT COUNT_IF(A NOT IN (SELECT A FROM U)) FROM T",
        "SELECT A = ANY (SELECT A FROM U) FROM T",
        "SELECT A FROM T WHERE B OR A <> ALL (SELECT A FROM U)",
        "SELECT A FROM T WHERE EXISTS (SELECT 1 FROM U WHERE U.A = T.A LIMIT 1)",
        "SELECT (SELECT U.A FROM U WHERE U.A = T.A) FROM T",
        "SELECT A FROM T WHERE A = (SELECT MAX(U.A) FROM U WHERE U.A = T.A GROUP BY U.A)",
        "SELECT A FROM T WHERE A = (SELECT MAX(U.A) FROM U WHERE U.A = T.A LIMIT 1)",
    ],
)
def test_what_the_pages_exclude_is_refused(tables, statement):
    with pytest.raises(ProgrammingError, match="Unsupported subquery type cannot be evaluated") as raised:
        tables.execute(statement)
    assert (raised.value.errno, raised.value.sqlstate) == (2031, "42601")
    assert tables.execute("SELECT COUNT(*) FROM U").scalar() == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"SELECT A FROM T WHERE {CORRELATED}", [1]),
        (f"SELECT A FROM T WHERE (B OR A > 0) AND NOT {CORRELATED}", [2]),
        (f"SELECT A FROM T WHERE B OR {EXISTS} ORDER BY A", [1, 2]),
        (f"SELECT {EXISTS}", [True]),
        ("SELECT A FROM T WHERE A IN (SELECT A FROM U)", [1]),
        ("SELECT A FROM T WHERE (A, B) NOT IN (SELECT A, TRUE FROM U)", [2]),
        ("SELECT A FROM T WHERE A = ANY (SELECT A FROM U)", [1]),
        ("SELECT COUNT_IF(A > (SELECT MIN(A) FROM U)) FROM T", [1]),
        ("SELECT (SELECT COUNT(*) FROM U WHERE U.A = T.A) FROM T ORDER BY A", [2, 0]),
        ("SELECT A FROM T WHERE A = (SELECT MAX(U.A) FROM U WHERE U.A = T.A)", [1]),
        ("SELECT (SELECT A FROM U LIMIT 1)", [1]),
        ("SELECT s.A FROM (SELECT A FROM T WHERE B) s", [1]),
    ],
)
def test_all_others_run(tables, query, expected):
    assert [next(iter(row.values())) for row in tables.execute(query).table.to_pylist()] == expected


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT (SELECT A FROM U)",
        "SELECT A FROM T WHERE A = (SELECT A FROM U)",
        "EXECUTE IMMEDIATE $$BEGIN LET x NUMBER := (SELECT A FROM U); RETURN x; END;$$",
    ],
)
def test_a_second_row_of_a_scalar_subquery_is_an_error(tables, statement):
    with pytest.raises(ProgrammingError, match=r"Single-row subquery returns more than one row\.") as raised:
        tables.execute(statement)
    assert (raised.value.errno, raised.value.sqlstate) == (90150, "22000")

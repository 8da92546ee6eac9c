"""Blocks: variables, branches, transactions, errors."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from snowflake.connector.errors import ProgrammingError


def block(session, body):
    result = session.execute(f"EXECUTE IMMEDIATE $$\nBEGIN\n{body}\nEND;\n$$")
    assert result.table.column_names == ["anonymous block"]
    assert result.table.num_rows == 1
    return result.scalar()


@pytest.fixture
def table(session):
    session.execute('CREATE TABLE T (A NUMBER, B VARCHAR, "C:D" VARCHAR)')
    return session


def rows(session, sql="SELECT A, B FROM T ORDER BY A"):
    return [tuple(row.values()) for row in session.execute(sql).table.to_pylist()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("RETURN 'x';", "x"),
        ("RETURN 1 + 2;", 3),
        ("RETURN NULL;", None),
        ("SELECT 1;", None),
        ("LET x VARCHAR := 'it''s :x \\\\ \"q\"'; RETURN x;", 'it\'s :x \\ "q"'),
        ("LET x VARCHAR := 'a'; LET y VARCHAR := 'b'; x := x || :y || 'x'; RETURN :x;", "abx"),
        ("LET x NUMBER := 1.5; RETURN x;", Decimal(2)),
        ("LET x NUMBER(10,2) := 1.5; RETURN x;", Decimal("1.50")),
        ("LET x := 1.5; RETURN x;", Decimal("1.5")),
        ("LET x DEFAULT 5; RETURN x;", 5),
        ("LET x VARCHAR; RETURN x IS NULL;", True),
        ("LET version NUMBER := 7; LET merged INTEGER := version * 2; RETURN merged;", Decimal(14)),
        ("LET x NUMBER := -5; RETURN 3 - x;", Decimal(8)),
        ("LET x FLOAT := 'inf'; RETURN x;", float("inf")),
        ("LET x BOOLEAN := (SELECT 1 = 1); RETURN NOT x;", False),
        ("LET x BINARY := TO_BINARY('00FF', 'HEX'); RETURN x;", b"\x00\xff"),
        (
            "LET x TIMESTAMP_TZ := '9999-12-31 23:59:59.999999+00'; RETURN x;",
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        ),
        ("LET x DATE := '0001-01-01'; RETURN x::VARCHAR;", "0001-01-01"),
        ("LET x NUMBER := (SELECT MAX(COLUMN1) FROM VALUES (1), (3)); RETURN :x;", Decimal(3)),
        ("LET x NUMBER := (SELECT COLUMN1 FROM VALUES (1) WHERE 1 = 0); RETURN x IS NULL;", True),
        (
            "LET x NUMBER := 12345678901234567890123456789012345678; RETURN x;",
            Decimal("12345678901234567890123456789012345678"),
        ),
        ("LET column1 NUMBER := 9; RETURN (SELECT COLUMN1 FROM VALUES (1)) + column1;", Decimal(10)),
        ("LET v NUMBER := 1; RETURN (SELECT PARSE_JSON(COLUMN1):v::NUMBER FROM VALUES ('{\"v\": 4}'));", Decimal(4)),
        ("IF (1 = 2) THEN RETURN 'a'; ELSEIF (NULL) THEN RETURN 'b'; ELSE RETURN 'c'; END IF;", "c"),
        ("IF (1 = 2) THEN RETURN 'a'; ELSEIF (1 = 1) THEN RETURN 'b'; END IF; RETURN 'c';", "b"),
        (
            "IF (CASE WHEN (1 = 1) THEN TRUE ELSE FALSE END) THEN "
            "IF (TRUE) THEN RETURN 'in'; END IF; END IF; RETURN 'out';",
            "in",
        ),
        ("LET x NUMBER := 1; IF (x <> 1 OR :x IS NULL) THEN RETURN 'yes'; END IF; RETURN 'no'; -- :nope", "no"),
    ],
)
def test_a_block_returns_its_value(session, body, expected):
    assert block(session, body) == expected


def test_binds_leave_literals_quoted_names_and_comments_alone(table):
    block(
        table,
        """LET b VARCHAR := 'v$1 ''q'''; LET "x" := 1;
      INSERT INTO T (A, B, "C:D") SELECT 1, :b || ':b', "C:D" FROM (SELECT ' :b' AS "C:D"); /* :b */ -- :b
    """,
    )
    assert rows(table, "SELECT * FROM T") == [(1, "v$1 'q':b", " :b")]


def test_sqlrowcount_counts_the_last_dml(table):
    value = block(
        table,
        """
      INSERT INTO T (A) SELECT COLUMN1 FROM VALUES (1), (2), (3); LET i := SQLROWCOUNT;
      UPDATE T SET B = 'x' WHERE A > 1; LET u := :SQLROWCOUNT;
      MERGE INTO T USING (SELECT 3 AS A UNION ALL SELECT 4) s ON T.A = s.A WHEN MATCHED THEN UPDATE SET T.B = 'm'
        WHEN NOT MATCHED THEN INSERT (A) VALUES (s.A); LET m := SQLROWCOUNT;
      DELETE FROM T WHERE A = 99; LET d := SQLROWCOUNT;
      SELECT COUNT(*) FROM T;
      RETURN i || '/' || u || '/' || m || '/' || d || '/' || SQLROWCOUNT;""",
    )
    assert value == "3/2/2/0/0"


def test_a_transaction_is_all_or_nothing(table):
    assert (
        block(
            table,
            "BEGIN TRANSACTION; INSERT INTO T (A) VALUES (1); ROLLBACK; "
            "INSERT INTO T (A) VALUES (2); COMMIT; RETURN 1;",
        )
        == 1
    )
    assert block(table, "BEGIN TRANSACTION; INSERT INTO T (A) VALUES (3); COMMIT; RETURN 1;") == 1
    assert rows(table, "SELECT A FROM T ORDER BY A") == [(2,), (3,)]


def test_an_error_without_a_handler_rolls_back_and_reaches_the_client(table, state):
    with pytest.raises(ProgrammingError, match=r"Object 'D\.S\.NOPE' does not exist") as raised:
        block(table, "BEGIN TRANSACTION; INSERT INTO T (A) VALUES (1); INSERT INTO D.S.NOPE VALUES (1); COMMIT;")
    assert raised.value.errno == 2003
    assert rows(table) == []
    assert not table.in_transaction
    other = state.session("D", "S")
    other.execute("INSERT INTO T (A) VALUES (5)")
    assert rows(table, "SELECT A FROM T") == [(5,)]


@pytest.mark.parametrize(
    "failing", ["INSERT INTO T (A) VALUES (1 / 'x')", "SELECT PARSE_JSON('{')", "INSERT INTO NOPE VALUES (1)"]
)
def test_a_handler_can_roll_back_and_raise(table, failing):
    body = f"BEGIN TRANSACTION; INSERT INTO T (A) VALUES (1); {failing}; COMMIT; RETURN 'done'; "
    body += "EXCEPTION WHEN OTHER THEN ROLLBACK; "
    with pytest.raises(ProgrammingError):
        block(table, body + "RAISE;")
    assert rows(table) == []
    assert (
        block(table, body + "INSERT INTO T (A) VALUES (9); RETURN 'caught ' || (SQLERRM IS NOT NULL);") == "caught true"
    )
    assert rows(table, "SELECT A FROM T") == [(9,)]


def test_an_error_in_a_handler_rolls_back_too(table):
    with pytest.raises(ProgrammingError):
        block(
            table,
            "BEGIN TRANSACTION; INSERT INTO T (A) VALUES (1); SELECT * FROM NOPE; EXCEPTION WHEN OTHER THEN RAISE;",
        )
    assert rows(table) == []
    assert not table.in_transaction


@pytest.mark.parametrize(
    "body",
    [
        "FOR i IN 1 TO 3 DO RETURN 1; END FOR;",
        "WHILE (TRUE) DO RETURN 1; END WHILE;",
        "LET c CURSOR FOR SELECT 1;",
        "LET r RESULTSET := (SELECT 1);",
        "CALL p();",
        "BEGIN RETURN 1; END;",
        "NULL;",
        "RAISE my_error;",
        "RETURN 1; EXCEPTION WHEN STATEMENT_ERROR THEN RETURN 2;",
    ],
)
def test_what_is_not_supported_is_refused_before_anything_runs(table, body):
    with pytest.raises(ProgrammingError, match="Unsupported feature 'Snowflake Scripting") as raised:
        block(table, "INSERT INTO T (A) VALUES (1); " + body)
    assert raised.value.sqlstate == "0A000"
    assert rows(table) == []


@pytest.mark.parametrize(
    "body",
    [
        "RETURN 1",
        "IF (1 = 1) RETURN 1; END IF;",
        "IF 1 = 1 THEN RETURN 1; END IF;",
        "RETURN;",
        "LET x := ;",
    ],
)
def test_a_syntax_error_in_a_block_is_one(session, body):
    with pytest.raises(ProgrammingError) as raised:
        block(session, body)
    assert (raised.value.errno, raised.value.sqlstate) == (1003, "42000")


@pytest.mark.parametrize("body", ["INSERT INTO T (A) VALUES (:nope);", "RETURN :nope;", "nope := 1;"])
def test_an_unknown_variable_is_an_error(table, body):
    with pytest.raises(ProgrammingError, match=r"(?i)nope"):
        block(table, body)
    assert rows(table) == []


def test_a_literal_may_hold_a_block_or_a_statement(table):
    assert table.execute("EXECUTE IMMEDIATE 'BEGIN RETURN ''it''''s''; END'").scalar() == "it's"
    assert table.execute("EXECUTE IMMEDIATE 'SELECT 5'").scalar() == 5
    assert table.execute("BEGIN LET x := 1; RETURN x; END;").scalar() == 1

"""Tables described and altered: types by name, and the changes that Snowflake allows."""

from __future__ import annotations

import threading

import pytest
from snowflake.connector import DictCursor
from snowflake.connector.errors import ProgrammingError

DECLARED = {
    "A": ("NUMBER", "NUMBER(38,0)"),
    "B": ("NUMBER(10, 0)", "NUMBER(10,0)"),
    "C": ("INTEGER", "NUMBER(38,0)"),
    "D": ("VARCHAR", "VARCHAR(16777216)"),
    "E": ("VARCHAR(20)", "VARCHAR(20)"),
    "F": ("FLOAT", "FLOAT"),
    "G": ("DOUBLE PRECISION", "FLOAT"),
    "H": ("BOOLEAN", "BOOLEAN"),
    "I": ("BINARY", "BINARY(8388608)"),
    "J": ("BINARY(16)", "BINARY(16)"),
    "K": ("DATE", "DATE"),
    "L": ("TIME(6)", "TIME(6)"),
    "M": ("TIMESTAMP_NTZ(6)", "TIMESTAMP_NTZ(6)"),
    "N": ("TIMESTAMP_LTZ(6)", "TIMESTAMP_LTZ(6)"),
    "O": ("TIMESTAMP_TZ", "TIMESTAMP_TZ(9)"),
    "P": ("VARIANT", "VARIANT"),
    "Q": ("ARRAY", "ARRAY"),
    "R": ("OBJECT", "OBJECT"),
    'strange ""name': ("NUMBER(12,2) NOT NULL", "NUMBER(12,2)"),
}  # fmt: skip


@pytest.fixture
def table(session):
    session.execute(
        'CREATE TABLE T (K NUMBER(10,0) NOT NULL, S VARCHAR(20), "m" NUMBER(12,2), L TIMESTAMP_LTZ(6), V VARIANT)'
    )
    session.execute("INSERT INTO T (K, S) VALUES (1234567890, 'x')")
    return session


def rows(session, sql):
    return [tuple(row.values()) for row in session.execute(sql).table.to_pylist()]


def types(session, table="T"):
    return {row["name"]: row["type"] for row in session.execute(f"DESC TABLE {table}").table.to_pylist()}


def refusal(session, sql):
    with pytest.raises(ProgrammingError) as raised:
        session.execute(sql)
    return raised.value.errno, str(raised.value.msg).split("error:\n")[1]


def test_a_table_is_described_with_the_types_it_was_given(connection, database):
    cursor = connection.cursor(DictCursor)
    columns = ", ".join(f'"{name}" {given}' for name, (given, _) in DECLARED.items())
    cursor.execute(f'CREATE TABLE "it\'s" ({columns})')
    expected = {name.replace('""', '"'): kind for name, (_, kind) in DECLARED.items()}
    for statement in (f'DESCRIBE TABLE {database}."S"."it\'s"', 'DESC TABLE "it\'s" TYPE = COLUMNS'):
        described = cursor.execute(statement).fetchall()
        assert {row["name"]: row["type"] for row in described} == expected
    assert [row["null?"] for row in described] == [*["Y"] * (len(DECLARED) - 1), "N"]
    assert {row["kind"] for row in described} == {"COLUMN"}


def test_a_view_and_a_copied_table_are_described(table):
    table.execute('CREATE VIEW W AS SELECT K, "m", TRY_CAST(S AS TIMESTAMP_TZ) AS Z FROM T')
    assert types(table, "W") == {"K": "NUMBER(10,0)", "m": "NUMBER(12,2)", "Z": "TIMESTAMP_TZ(9)"}
    assert types(table, "D.S.W") == {row["name"]: row["type"] for row in table.execute("DESC VIEW W").table.to_pylist()}
    for how in ("LIKE", "CLONE"):
        table.execute(f"CREATE TABLE AS_{how} {how} T")
        assert types(table, f"AS_{how}") == types(table)


def test_what_is_not_there_cannot_be_described(session):
    with pytest.raises(ProgrammingError, match=r"Table 'D\.S\.NOPE' does not exist or not authorized") as raised:
        session.execute("DESC TABLE NOPE")
    assert (raised.value.errno, raised.value.sqlstate) == (2003, "42S02")


def test_a_new_object_of_an_old_name_has_its_own_types(table):
    table.execute("CREATE OR REPLACE TABLE T AS SELECT 'a' AS S, CURRENT_TIMESTAMP() AS L")
    assert types(table) == {"S": "VARCHAR(16777216)", "L": "TIMESTAMP_TZ(9)"}
    table.execute("CREATE TABLE U (S VARCHAR(3))")
    table.execute("DROP TABLE U")
    table.execute("CREATE VIEW U AS SELECT S FROM T")
    assert types(table, "U") == {"S": "VARCHAR(16777216)"}


def test_columns_are_added_once(table):
    for _ in range(2):
        table.execute('ALTER TABLE D."S"."T" ADD COLUMN IF NOT EXISTS "new ""c" TIMESTAMP_TZ(6)')
    table.execute("ALTER TABLE T ADD A NUMBER(5,0) NOT NULL DEFAULT 7, COLUMN B VARCHAR COMMENT 'it''s, (so)';")
    table.execute("ALTER TABLE IF EXISTS NOPE ADD COLUMN A FLOAT")
    assert list(types(table).items())[5:] == [
        ('new "c', "TIMESTAMP_TZ(6)"), ("A", "NUMBER(5,0)"), ("B", "VARCHAR(16777216)")]  # fmt: skip
    table.execute("INSERT INTO T (K) VALUES (2)")
    assert rows(table, 'SELECT K, "new ""c", A, B FROM T ORDER BY K') == [
        (2, None, 7, None),
        (1234567890, None, 7, None),
    ]
    with pytest.raises(ProgrammingError, match="non-nullable"):
        table.execute("INSERT INTO T (K, A) VALUES (3, NULL)")


@pytest.mark.parametrize(
    ("statement", "errno", "message"),
    [
        ("ALTER TABLE NOPE ADD COLUMN A FLOAT", 2003, "Table 'D.S.NOPE' does not exist or not authorized."),
        ("ALTER TABLE T ADD COLUMN A FLOAT, S FLOAT", 1430, "column 'S' already exists"),
        (
            "ALTER TABLE T ADD COLUMN A FLOAT, B FLOAT NOT NULL",
            2000,
            "Non-nullable column 'B' cannot be added to non-empty table 'T' unless it has a non-null default value.",
        ),
        ("ALTER TABLE T DROP COLUMN A, S", 904, "invalid identifier 'A'"),
        ("ALTER TABLE T RENAME COLUMN A TO B", 904, "invalid identifier 'A'"),
        ("ALTER TABLE T RENAME COLUMN K TO S", 1430, "column 'S' already exists"),
        ("ALTER TABLE T ALTER COLUMN A SET DATA TYPE FLOAT", 904, "invalid identifier 'A'"),
        ("ALTER TABLE T ADD COLUMN IF NOT EXISTS A NUMBER DEFAULT 1", 2000, "cannot be combined with a default"),
        ("ALTER TABLE T ADD COLUMN", 1003, "unexpected '<EOF>'"),
        ("ALTER TABLE T ADD COLUMN A NOSUCHTYPE", 1003, "syntax error"),
        ("ALTER TABLE T RENAME TO U", 2002, "Object 'D.S.U' already exists."),
    ],
)
def test_a_refused_change_changes_nothing(table, statement, errno, message):
    table.execute("CREATE TABLE U (A NUMBER)")
    before = types(table)
    found, text = refusal(table, statement)
    assert found == errno
    assert message in text
    assert types(table) == before


@pytest.mark.parametrize(
    ("column", "kind", "becomes"),
    [
        ("K", "NUMBER(19,0)", "NUMBER(19,0)"),
        ("K", "NUMBER(10,0)", "NUMBER(10,0)"),
        ("K", "NUMBER", "NUMBER(38,0)"),
        ('"m"', "NUMBER(38,2)", "NUMBER(38,2)"),
        ('"m"', "NUMBER(3,2)", "NUMBER(3,2)"),
        ("S", "VARCHAR(21)", "VARCHAR(21)"),
        ("S", "STRING", "VARCHAR(16777216)"),
        ("L", "TIMESTAMP_LTZ(6)", "TIMESTAMP_LTZ(6)"),
    ],
)
def test_a_type_may_grow(table, column, kind, becomes):
    before = types(table)
    table.execute(f'ALTER TABLE D."S"."T" ALTER COLUMN {column} SET DATA TYPE {kind}')
    assert types(table) == {**before, column.strip('"'): becomes}
    assert rows(table, "SELECT K, S FROM T") == [(1234567890, "x")]


@pytest.mark.parametrize(
    ("column", "kind", "errno", "message"),
    [
        ("K", "NUMBER(12,2)", 40052, "K from type NUMBER(10,0) to NUMBER(12,2) because changing the scale of a number"),
        ("K", "NUMBER(9,0)", 2108, "using precision 9 instead of precision 10."),
        ("K", "VARCHAR", 2108, "cannot change column K from type NUMBER(10,0) to VARCHAR(16777216)"),
        ("K", "FLOAT", 2108, "cannot change column K from type NUMBER(10,0) to FLOAT"),
        ("S", "VARCHAR(19)", 40050, "to VARCHAR(19) because reducing the byte-length of a varchar is not supported."),
        ("S", "NUMBER", 2108, "cannot change column S from type VARCHAR(20) to NUMBER(38,0)"),
        ("V", "VARCHAR", 2108, "cannot change column V from type VARIANT to VARCHAR(16777216)"),
        ("L", "TIMESTAMP_TZ(6)", 2108, "from type TIMESTAMP_LTZ(6) to TIMESTAMP_TZ(6)"),
    ],
)
def test_any_other_change_of_type_is_refused(table, column, kind, errno, message):
    before = types(table)
    both = f'ALTER TABLE T MODIFY COLUMN "m" SET DATA TYPE NUMBER(20,2), COLUMN {column} TYPE {kind}'
    found, text = refusal(table, both)
    assert found == errno
    assert message in text
    assert types(table) == before


def test_a_widened_column_holds_what_it_could_not(table):
    with pytest.raises(ProgrammingError):
        table.execute("INSERT INTO T (K) VALUES (12345678901)")
    table.execute("ALTER TABLE T ALTER K TYPE NUMBER(19,0)")
    table.execute("INSERT INTO T (K) VALUES (12345678901)")
    assert rows(table, "SELECT MAX(K) FROM T") == [(12345678901,)]


def test_renamed_and_dropped_columns_keep_the_others(table):
    table.execute('ALTER TABLE T RENAME COLUMN S TO "s 2"')
    table.execute('ALTER TABLE T DROP COLUMN "m", COLUMN V')
    table.execute('ALTER TABLE T DROP COLUMN IF EXISTS "m"')
    assert types(table) == {"K": "NUMBER(10,0)", "s 2": "VARCHAR(20)", "L": "TIMESTAMP_LTZ(6)"}
    assert rows(table, 'SELECT K, "s 2" FROM T') == [(1234567890, "x")]


def test_a_renamed_table_keeps_rows_and_types(table):
    before = types(table)
    table.execute("ALTER TABLE T RENAME TO D.S.U")
    table.execute("ALTER TABLE D.S.U RENAME TO W")
    assert (types(table, "W"), rows(table, "SELECT K FROM W")) == (before, [(1234567890,)])
    assert refusal(table, "DESC TABLE T")[0] == 2003
    table.execute("CREATE SCHEMA D.OTHER")
    table.execute("USE SCHEMA D.OTHER")
    with pytest.raises(ProgrammingError, match="another schema"):
        table.execute("ALTER TABLE D.S.W RENAME TO X")


def test_a_table_that_a_view_reads_can_be_altered(table):
    view = "CREATE OR REPLACE VIEW W COMMENT = 'x' AS SELECT K, \"m\" {more} FROM T"
    table.execute(view.format(more=""))
    table.execute("ALTER TABLE T ADD COLUMN A VARCHAR")
    table.execute('ALTER TABLE T ALTER COLUMN "m" SET DATA TYPE NUMBER(20,2)')
    assert rows(table, "SELECT * FROM W") == [(1234567890, None)]
    table.execute(view.format(more=", A"))
    assert types(table, "W") == {"K": "NUMBER(10,0)", "m": "NUMBER(20,2)", "A": "VARCHAR(16777216)"}
    table.execute("ALTER TABLE T RENAME COLUMN A TO B")
    assert refusal(table, "SELECT * FROM W")[0] == 904


def test_columns_that_differ_in_case_only_are_refused(table):
    for statement in ('ALTER TABLE T ADD COLUMN IF NOT EXISTS "k" FLOAT', "ALTER TABLE T RENAME COLUMN S TO M"):
        with pytest.raises(ProgrammingError, match="in case only"):
            table.execute(statement)


def test_an_alteration_waits_for_the_writer_and_ends_its_own_transaction(table, state):
    table.execute("BEGIN")
    table.execute("INSERT INTO T (K) VALUES (2)")
    other = state.session("D", "S")
    waiting = threading.Thread(target=other.execute, args=("ALTER TABLE T ADD COLUMN A FLOAT",))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    table.execute("ALTER TABLE T ADD COLUMN B FLOAT")
    waiting.join(10)
    table.execute("ROLLBACK")
    assert list(types(table))[5:] == ["A", "B"]
    assert rows(table, "SELECT COUNT(*) FROM T") == [(2,)]
    other.close()


def test_information_schema_follows_an_alteration(table):
    table.execute("ALTER TABLE T ALTER S TYPE VARCHAR(30)")
    table.execute("ALTER TABLE T RENAME COLUMN L TO LL")
    table.execute("ALTER TABLE T ADD COLUMN C TIME(3)")
    found = rows(
        table,
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, DATETIME_PRECISION"
        " FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'T' ORDER BY ORDINAL_POSITION",
    )
    assert found == [
        ("K", "NUMBER", None, None, None), ("S", "TEXT", 30, 120, None), ("m", "NUMBER", None, None, None),
        ("LL", "TIMESTAMP_LTZ", None, None, 6), ("V", "VARIANT", None, None, None), ("C", "TIME", None, None, 3),
    ]  # fmt: skip

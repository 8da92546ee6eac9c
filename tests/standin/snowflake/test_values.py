"""Values through the real connector: as Snowflake returns them, or NULL; never something else."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

LAST = datetime(9999, 12, 31, 23, 59, 59, 999999)

EXPRESSIONS = [
    ("NULL::TIMESTAMP_NTZ", None),
    ("NULL::TIMESTAMP_TZ", None),
    ("NULL::TIMESTAMP_LTZ", None),
    ("'9999-12-31 23:59:59.999999'::TIMESTAMP_NTZ", LAST),
    ("'0001-01-01'::TIMESTAMP_NTZ", datetime(1, 1, 1)),
    ("'9999-12-31 23:59:59.999999+00'::TIMESTAMP_TZ", LAST.replace(tzinfo=UTC)),
    ("'0001-01-01 00:00:00+00'::TIMESTAMP_TZ", datetime(1, 1, 1, tzinfo=UTC)),
    ("'1969-12-31 23:59:59.999999'::TIMESTAMP_NTZ", datetime(1969, 12, 31, 23, 59, 59, 999999)),
    ("'2024-01-01 00:00:00.123456 +02:00'::TIMESTAMP_TZ", datetime(2023, 12, 31, 22, 0, 0, 123456, tzinfo=UTC)),
    (
        "TRY_CAST('2024-01-01 00:00:00.123456+02' AS TIMESTAMP_TZ(6))",
        datetime(2023, 12, 31, 22, 0, 0, 123456, tzinfo=UTC),
    ),
    ("TRY_CAST('2024-01-01T00:00:00.5Z' AS TIMESTAMP_TZ(6))", datetime(2024, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
    ("TRY_CAST('2024-01-01 10:20:30 -05:30' AS TIMESTAMP_LTZ(6))", datetime(2024, 1, 1, 15, 50, 30, tzinfo=UTC)),
    ("TRY_CAST('2024-01-01 10:20:30+02:00' AS TIMESTAMP_NTZ(6))", datetime(2024, 1, 1, 10, 20, 30)),
    ("TRY_CAST('2024-01-05' AS TIMESTAMP_NTZ)", datetime(2024, 1, 5)),
    ("TRY_CAST('2024-01-05' AS TIMESTAMP_TZ)", datetime(2024, 1, 5, tzinfo=UTC)),
    *(
        (f"TRY_CAST('{text}' AS {kind})", None)
        for text in (
            "infinity",
            "-infinity",
            "10000-01-01",
            "0044-01-01 BC",
            "2024-02-30",
            "2024-13-01",
            "",
            "x",
            "2024-01-01 24:00:00",
            "12/31/2024",
        )
        for kind in ("DATE", "TIMESTAMP_NTZ(6)", "TIMESTAMP_TZ(6)", "TIMESTAMP_LTZ(6)")
        if (text, kind) != ("2024-01-01 24:00:00", "DATE")
    ),
    ("TRY_CAST('2024-02-29' AS DATE)", date(2024, 2, 29)),
    ("TRY_CAST('0001-01-01' AS DATE)", date(1, 1, 1)),
    ("TRY_CAST('9999-12-31' AS DATE)", date(9999, 12, 31)),
    ("NULL::DATE", None),
    ("TO_VARCHAR('0001-02-03'::DATE, 'YYYY-MM-DD')", "0001-02-03"),
    (
        """TO_CHAR('2024-01-05 01:02:03.000004'::TIMESTAMP_NTZ(6), 'YYYY-MM-DD"T"HH24:MI:SS.FF6')""",
        "2024-01-05T01:02:03.000004",
    ),
    (
        """TO_VARCHAR('2024-01-05 01:02:03.5 +00:00'::TIMESTAMP_TZ(6), 'YYYY-MM-DD"T"HH24:MI:SS.FF6TZH:TZM')""",
        "2024-01-05T01:02:03.500000+00:00",
    ),
    ("TO_VARCHAR(-7::NUMBER(19,0))", "-7"),
    ("TRY_CAST('12:34:56.123456' AS TIME(6))", time(12, 34, 56, 123456)),
    ("TRY_CAST('24:00:00' AS TIME(6))", None),
    ("TRY_CAST('1.255' AS NUMBER(10,2))", Decimal("1.26")),
    ("TRY_CAST('-1e3' AS NUMBER(10,2))", Decimal("-1000.00")),
    ("TRY_CAST('12345678901' AS NUMBER(10,0))", None),
    ("TRY_CAST('1_000' AS NUMBER(10,0))", None),
    ("TRY_CAST('NaN' AS NUMBER(10,0))", None),
    ("TRY_CAST('0x10' AS NUMBER(10,0))", None),
    ("TRY_CAST('' AS NUMBER(10,0))", None),
    ("TRY_CAST('99999999999999999999999999999999999999' AS NUMBER)", 10**38 - 1),
    ("TRY_CAST('100000000000000000000000000000000000000' AS NUMBER(38,0))", None),
    ("12345678901234567890123456789012345678::NUMBER(38,0)", 12345678901234567890123456789012345678),
    ("'1234567890123456789012345678.0123456789'::NUMBER(38,10)", Decimal("1234567890123456789012345678.0123456789")),
    ("'-0.0000000000000000000000000000000000001'::NUMBER(38,37)", Decimal("-1e-37")),
    ("NULL::NUMBER(38,9)", None),
    ("TO_VARCHAR(TO_BINARY('00ff', 'HEX'), 'HEX')", "00FF"),
    ("TRY_TO_NUMBER('1.5', 10, 1)", Decimal("1.5")),
    ("TRY_CAST('inf' AS FLOAT)", math.inf),
    ("TRY_CAST('-Infinity' AS FLOAT)", -math.inf),
    ("TRY_CAST('1e400' AS FLOAT)", None),
    ("TRY_CAST('1.7976931348623157e308' AS FLOAT)", 1.7976931348623157e308),
    ("TRY_CAST('yes' AS BOOLEAN)", True),
    ("TRY_CAST('off' AS BOOLEAN)", False),
    ("TRY_CAST('f' AS BOOLEAN)", False),
    ("TRY_CAST('maybe' AS BOOLEAN)", None),
    ("TRY_TO_BINARY('00ff', 'HEX')", b"\x00\xff"),
    ("TRY_TO_BINARY('', 'HEX')", b""),
    ("TRY_TO_BINARY('0', 'HEX')", None),
    ("TRY_TO_BINARY('\\\\x00', 'HEX')", None),
    ("TRY_TO_BINARY(NULL, 'HEX')", None),
    (
        'TRY_PARSE_JSON(\'{"a": 12345678901234567890123.4567890123456,  "b":[ 1 ]}\')',
        '{"a": 12345678901234567890123.4567890123456,  "b":[ 1 ]}',
    ),
    ("TRY_PARSE_JSON('null')", "null"),
    ("TRY_PARSE_JSON('null') IS NULL", False),
    ("TRY_PARSE_JSON('{\"a\":')", None),
    ("TRY_PARSE_JSON(NULL)", None),
    ("PARSE_JSON('[1, 2]')", "[1, 2]"),
    ("IFF(NULL, 'a', 'b')", "b"),
    ("CONCAT('a', NULL)", None),
    ("NULL IS NOT DISTINCT FROM NULL", True),
    ("EQUAL_NULL(NULL, 1)", False),
    ("MD5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("OBJECT_CONSTRUCT_KEEP_NULL('a', NULL, 'b', 'x')", '{"a":null,"b":"x"}'),
    ("DATEADD(hour, -24, '2024-01-02'::TIMESTAMP_NTZ)", datetime(2024, 1, 1)),
    ("DATEDIFF(second, '2024-01-01'::TIMESTAMP_NTZ, '2024-01-01 00:01:00'::TIMESTAMP_NTZ)", 60),
    ("TIMESTAMPDIFF(day, '2024-01-01'::DATE, '2024-01-03'::DATE)", 2),
    ("'a\\\\b' || 'it''s' || '$x'", "a\\bit's$x"),
    ("NULL", None),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[expression for expression, _ in EXPRESSIONS])
def test_an_expression_has_snowflakes_value(connection, expression, expected):
    ((value,),) = connection.cursor().execute(f"SELECT {expression}").fetchall()
    assert value == expected
    assert type(value) is type(expected) or isinstance(expected, (bytes, datetime))


def test_not_a_number_is_a_float(connection):
    ((value,),) = connection.cursor().execute("SELECT TRY_CAST('NaN' AS FLOAT)").fetchall()
    assert math.isnan(value)


def test_a_column_keeps_values_beside_nulls(connection, database):
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE T (N NUMBER(38,0), M NUMBER(12,2), F FLOAT, B BINARY, V VARIANT, A TIMESTAMP_NTZ(6),"
        " Z TIMESTAMP_TZ(6),"
        " L TIMESTAMP_LTZ(6) DEFAULT CURRENT_TIMESTAMP(), D DATE, C TIME(6), O BOOLEAN, S VARCHAR)"
    )
    cursor.execute("INSERT INTO T (N, L) VALUES (99999999999999999999999999999999999999, NULL)")
    cursor.execute(
        "INSERT INTO T SELECT -1, 1.5, 'inf'::FLOAT, TO_BINARY('AB', 'HEX'), PARSE_JSON('{\"k\": 1.10}'), "
        "'2024-01-01', "
        "'2024-01-01 00:00:00+01', '2024-01-01 00:00:00+01', '2024-01-01', '01:02:03.000004', FALSE, ''"
    )
    assert cursor.execute("SELECT * FROM T ORDER BY N DESC").fetchall() == [
        (10**38 - 1, *[None] * 11),
        (-1, Decimal("1.50"), math.inf, b"\xab", '{"k": 1.10}', datetime(2024, 1, 1),
         datetime(2023, 12, 31, 23, tzinfo=UTC),
         datetime(2023, 12, 31, 23, tzinfo=UTC), date(2024, 1, 1), time(1, 2, 3, 4), False, ""),
    ]  # fmt: skip
    cursor.execute("INSERT INTO T (S) VALUES ('defaults')")
    assert cursor.execute("SELECT L IS NOT NULL FROM T WHERE S = 'defaults'").fetchone() == (True,)


def test_values_have_numbered_columns(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT TRY_CAST(COLUMN1 AS NUMBER(10,0)), COLUMN2 FROM VALUES ('1','a'),('x','b')")
    assert cursor.fetchall() == [(1, "a"), (None, "b")]


def test_aggregates_are_exact(connection, database):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (K VARCHAR, N NUMBER(38,0), X FLOAT)")
    cursor.execute("INSERT INTO T VALUES ('b', 12345678901234567890, 1), ('a', 1, 2), (NULL, NULL, 3)")
    cursor.execute(
        "SELECT SUM(N), COUNT_IF(N > 1), MIN_BY(K, X), MAX_BY(K, X), LISTAGG(K, ',') WITHIN GROUP (ORDER BY K), "
        "ARRAY_AGG(K) WITHIN GROUP (ORDER BY K), COUNT(*) FROM T"
    )
    assert cursor.fetchall() == [(12345678901234567891, 1, "b", None, "a,b", '["a","b"]', 3)]


def test_a_hash_tells_equal_rows_from_different_ones(connection, database):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (A NUMBER, B VARCHAR)")
    cursor.execute("INSERT INTO T VALUES (1, 'x'), (2, 'y'), (2, 'y')")
    hashes = [cursor.execute(f"SELECT HASH_AGG({what}) FROM {table}").fetchone()[0] for what, table in (
        ("*", "T"), ("A, B", "(SELECT * FROM T ORDER BY A DESC)"), ("A, B", "(SELECT DISTINCT * FROM T)"))]  # fmt: skip
    assert hashes[0] == hashes[1] != hashes[2]


def test_identifiers_may_hold_anything(connection, database):
    cursor = connection.cursor()
    names = ['strange ""name', "select", "MixedCase", "with space", "it's", "ünï", "X$TYPED", "a.b", "%s"]
    columns = ", ".join(f'"{name}" VARCHAR' for name in names)
    cursor.execute(f"CREATE TABLE \"Order$TYPED\" ({columns}) COMMENT = 'it''s'")
    cursor.execute(f'INSERT INTO "Order$TYPED" VALUES ({", ".join("%s" for _ in names)})', tuple(names))
    selected = ", ".join(f't."{name}"' for name in names).replace("%s", "%%s")
    cursor.execute(f'SELECT {selected} FROM "Order$TYPED" t WHERE t."it\'s" = %s', ("it's",))
    assert cursor.fetchall() == [tuple(names)]
    assert [column.name for column in cursor.description] == [name.replace('""', '"') for name in names]
    found = cursor.execute(
        f"SELECT COLUMN_NAME FROM {database}.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'Order$TYPED' "
        "ORDER BY ORDINAL_POSITION"
    ).fetchall()
    assert [name for (name,) in found] == [name.replace('""', '"') for name in names]


def test_a_dollar_in_a_bound_value_is_text(connection):
    assert connection.cursor().execute("SELECT %s", ("costs $abc, 'x' \\ $1",)).fetchone() == ("costs $abc, 'x' \\ $1",)


def test_information_schema_tells_types_apart_that_are_stored_alike(connection, database):
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE T (L TIMESTAMP_LTZ(6), Z TIMESTAMP_TZ(6), N TIMESTAMP_NTZ(6), V VARIANT, R ARRAY, C TIME(6))"
    )
    cursor.execute('ALTER TABLE T ADD COLUMN "o o" OBJECT')
    cursor.execute("SELECT DATA_TYPE, DATETIME_PRECISION FROM INFORMATION_SCHEMA.COLUMNS ORDER BY ORDINAL_POSITION")
    assert cursor.fetchall() == [
        *(("TIMESTAMP_LTZ", 6), ("TIMESTAMP_TZ", 6), ("TIMESTAMP_NTZ", 6), ("VARIANT", None), ("ARRAY", None)),
        *(("TIME", 6), ("OBJECT", None)),
    ]
    cursor.execute("CREATE OR REPLACE TABLE T (L TIMESTAMP_TZ(6))")
    assert cursor.execute("SELECT DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS").fetchall() == [("TIMESTAMP_TZ",)]


def test_information_schema_describes_columns(connection, database):
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE T (A NUMBER(38,0) NOT NULL, B NUMBER(12,2), C VARCHAR, D BINARY, E FLOAT, F BOOLEAN, "
        "G DATE, H INTEGER)"
    )
    cursor.execute(
        "SELECT COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_NAME = 'T' ORDER BY ORDINAL_POSITION"
    )
    assert cursor.fetchall() == [
        ("A", "NUMBER", 38, 0, "NO"), ("B", "NUMBER", 12, 2, "YES"), ("C", "TEXT", None, None, "YES"),
        ("D", "BINARY", None, None, "YES"), ("E", "FLOAT", None, None, "YES"), ("F", "BOOLEAN", None, None, "YES"),
        ("G", "DATE", None, None, "YES"), ("H", "NUMBER", 38, 0, "YES"),
    ]  # fmt: skip
    cursor.execute(f"SELECT TABLE_NAME FROM {database}.INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'S'")
    assert cursor.fetchall() == [("T",)]


def test_an_outer_alias_is_not_taken_for_an_inner_column_of_its_name(session):
    session.execute('CREATE TABLE INNER_ROWS (S VARIANT, "_FILE" VARCHAR)')
    session.execute('CREATE TABLE OUTER_ROWS ("_FILE" VARCHAR)')
    session.execute("INSERT INTO INNER_ROWS SELECT PARSE_JSON('[1]'), 'one.csv'")
    session.execute("INSERT INTO OUTER_ROWS VALUES ('one.csv'), ('two.csv')")
    matching = 'EXISTS (SELECT 1 FROM INNER_ROWS t WHERE t."_FILE" = s."_FILE")'
    found = session.execute(f'SELECT s."_FILE" FROM OUTER_ROWS s WHERE {matching}').table.to_pylist()
    assert [row["_FILE"] for row in found] == ["one.csv"]
    session.execute(f"DELETE FROM OUTER_ROWS s WHERE {matching}")
    left = session.execute("SELECT * FROM OUTER_ROWS").table.to_pylist()
    assert [row["_FILE"] for row in left] == ["two.csv"]

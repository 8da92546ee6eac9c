"""TRY_ conversions of text: Snowflake's value, or NULL for what it does not convert."""

from __future__ import annotations

import math
import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from snowflake.connector.errors import ProgrammingError

NINES = "9" * 38


def tried(session, text, kind):
    return session.execute(f"SELECT TRY_CAST(? AS {kind}) AS V", [text]).scalar()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        *((text, "NUMBER(10,2)", value) for text, value in (
            ("1.255", "1.26"), ("-1.255", "-1.26"), ("1.245", "1.25"), ("0.005", "0.01"), ("-0.005", "-0.01"),
            ("0.00499999999999999999999999999999999999999999", "0"), ("1255e-3", "1.26"), ("1E+2", "100"),
            ("+.5", "0.5"), ("5.", "5"), (" 12 ", "12"), ("99999999.994", "99999999.99"), ("1e-400", "0"))),
        *((text, "NUMBER(5,0)", value) for text, value in (
            ("-32768", "-32768"), ("0.5", "1"), ("2.5", "3"), ("-2.5", "-3"))),
        (NINES, "NUMBER(38,0)", NINES),
        (f"{NINES}.4", "NUMBER(38,0)", NINES),
        ("-9.9999999999999999999999999999999999999", "NUMBER(38,37)", "-9.9999999999999999999999999999999999999"),
    ],
)  # fmt: skip
def test_a_number_is_rounded_half_away_from_zero(session, text, kind, value):
    assert tried(session, text, kind) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((text, "NUMBER(10,2)") for text in (
            "99999999.995", "-99999999.995", "1e400", "NaN", "inf", "-Infinity", "", " ", "-", "1,000", "1_0", "0x1A",
            "1e", "1.5.2", "1 2", "--1", "١", "x")),
        *((text, "NUMBER(5,0)") for text in ("100000", "99999.5")),
        *((text, "NUMBER(38,0)") for text in (f"{NINES}.5", f"1{NINES}", "1e38")),
        ("10", "NUMBER(38,37)"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_number_of_the_type_is_null(session, text, kind):
    assert tried(session, text, kind) is None


@pytest.mark.parametrize("kind", ["NUMBER(38,38)", "NUMBER(39,0)", "NUMBER(5,6)"])
@pytest.mark.parametrize("statement", ["SELECT TRY_CAST('1' AS {})", "CREATE TABLE T (A {})"])
def test_a_number_type_has_at_most_38_digits_and_37_decimals(session, statement, kind):
    with pytest.raises(ProgrammingError, match="Invalid number"):
        session.execute(statement.format(kind))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0.1",
            "-0",
            "0.30000000000000004",
            "1.2345678901234567e-05",
            "123456789012345678",
            "1.7976931348623157e+308",
        ),
        *("5e-324", "2.2250738585072014e-308", "-4.9406564584124654e-324", "inf", "-inf", "nan"),
    ],
)
def test_a_float_keeps_every_bit(session, text):
    assert struct.pack("<d", tried(session, text, "FLOAT")) == struct.pack("<d", float(text))


def test_floats_travel_through_the_connector(connection, database):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (F FLOAT)")
    cursor.execute("INSERT INTO T SELECT TRY_CAST(COLUMN1 AS FLOAT) FROM VALUES ('-0'), ('5e-324'), ('NaN'), ('-inf')")
    found = [value for (value,) in cursor.execute("SELECT F FROM T").fetchall()]
    assert [math.copysign(1, found[0]), found[1], found[2] != found[2], found[3]] == [-1, 5e-324, True, -math.inf]


@pytest.mark.parametrize("text", ["", "x", "1.5x", "1e309", "-1e400", "infinit", "0x1p3", "1_0", "nan1"])
def test_a_text_that_is_no_float_is_null(session, text):
    assert tried(session, text, "FLOAT") is None


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("0001-01-01", date(1, 1, 1), time()),
        ("0010-01-01", date(10, 1, 1), time()),
        ("9999-12-31", date(9999, 12, 31), time()),
        ("2024-02-29T23:59:59.999999", date(2024, 2, 29), time(23, 59, 59, 999999)),
        ("0001-01-01 00:00:00+00", date(1, 1, 1), time()),
        ("9999-12-31T23:59:59.999999+00:00", date(9999, 12, 31), time(23, 59, 59, 999999)),
    ],
)
def test_dates_of_the_years_1_to_9999_are_held(session, text, day, clock):
    moment = datetime.combine(day, clock)
    assert tried(session, text, "DATE") == day
    assert tried(session, text, "TIMESTAMP_NTZ(6)") == moment
    assert tried(session, text, "TIMESTAMP_TZ(6)") == moment.replace(tzinfo=UTC)
    assert tried(session, text, "TIMESTAMP_LTZ(6)") == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP_NTZ(6)", "TIMESTAMP_TZ(6)", "TIMESTAMP_LTZ(6)"])
@pytest.mark.parametrize(
    "text",
    [
        *(
            "0000-01-01",
            "10000-01-01",
            "-0001-01-01",
            "0044-03-15 BC",
            "2024-01-01 00:00:00 BC",
            "infinity",
            "-infinity",
        ),
        *("2024-02-30", "2023-02-29", "2024-00-01", "2024-02-29T24:00:00", "2024-02-29T23:59:60"),
        *("2024-02-29T25:00", "epoch", "now", "today", "", "x", "2024-02-29T12:00:00.5+"),
    ],
)
def test_a_text_that_is_no_date_is_null(session, text, kind):
    assert tried(session, text, kind) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:00:00", time()),
        ("23:59:59.999999", time(23, 59, 59, 999999)),
        ("12:34", time(12, 34)),
        *((text, None) for text in ("24:00:00", "24:00", "12:34:60", "", "x", "12:34:56+02", "-01:00:00")),
    ],
)
def test_a_time_ends_before_24_hours(session, text, value):
    assert tried(session, text, "TIME(6)") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("t", "T", "true", "TRUE", "1", "yes", "y", "on", " t ")),
        *((text, False) for text in ("f", "false", "FALSE", "0", "no", "n", "off")),
        *((text, None) for text in ("", "2", "maybe", "tru", "01")),
    ],
)
def test_a_boolean_is_one_of_snowflakes_words(session, text, value):
    assert tried(session, text, "BOOLEAN") is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00ff", b"\x00\xff"), ("00FF", b"\x00\xff"), ("", b""),
        *((text, None) for text in ("0", "0g", "\\x00", "00 ff", " 00", "é0")),
    ],
)  # fmt: skip
def test_binary_is_hex_of_whole_bytes(session, text, value):
    assert session.execute("SELECT TRY_TO_BINARY(?, 'HEX') AS V", [text]).scalar() == value


def test_binary_has_at_most_8_mb(session):
    query = "SELECT LENGTH(TRY_TO_BINARY(REPEAT('ab', 8388608 + {}), 'HEX')) AS V"
    assert [session.execute(query.format(more)).scalar() for more in (0, 1)] == [8388608, None]

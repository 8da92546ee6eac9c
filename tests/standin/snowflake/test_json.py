"""JSON as Snowflake parses it: what is refused, and which numbers stay exact."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from snowflake.connector.errors import ProgrammingError

LONGEST = "12345678901234567890123456789012345678"


def parsed(session, text, function="TRY_PARSE_JSON"):
    return session.execute(f"SELECT {function}(?) AS V", [text]).scalar()


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\n\t", "{", "[1 2]", "nul", "'a'", "{a: 1}", '"\\ud800"', '"a\nb"', "[1] []", "01", "1.", ".5"),
        *("NaN", "[NaN]", '{"a": Infinity}', "-Infinity", "[nan]", "[1e400]", "[-1e400]"),
        *('{"a": 1, "a": 1}', '[{"x": [{"b": 1, "a": 2, "b": null}]}]', '{"o": {"k": 1, "k": 2}}'),
        *('{"a": 1, "\\u0061": 2}', '{"": 1, "": 2}', "+1"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_null(session, text):
    assert parsed(session, text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("null", "true", '"a"', "[]", "{}", "-0", "0", "[[[]]]", '"NaN"', '"1e5"', '{"inf": "nan", "Infinity": [1]}'),
        *('[{"a": 1}, {"a": 2}]', '{"a": {"a": {"a": 1}}}', '{"a": 1, "A": 2, "a ": 3}'),
        *('{"x\\"}{": [], "e9": "{\\"a\\":1"}', "[ 1 ]"),
        *(LONGEST, f"-{LONGEST}", f"0.{LONGEST[:37]}", f"{LONGEST[:28]}.{LONGEST[28:]}", "1.10", f'"{LONGEST * 2}e5"'),
        *('{"x":  "é𝄞\\u00e9"}', '["a\\\\", "1e5\\\\\\"", 1]'),
    ],
)  # fmt: skip
def test_what_can_be_held_is_kept_as_it_was(session, text):
    assert parsed(session, text) == text
    assert session.execute("SELECT TO_JSON(PARSE_JSON(?)) AS V", [text]).scalar() == text


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("1.912e2", "1.912000000000000e+02"),
        ("1E5", "1.000000000000000e+05"),
        ("-5e-324", "-4.940656458412465e-324"),
        (LONGEST + "9", "1.234567890123457e+38"),
        (f"0.{LONGEST}", "1.234567890123457e-01"),
        (f"[{{\"a\":-{LONGEST}.5,\"b\":\"{LONGEST}.5\"}},1]", f'[{{"a":-1.234567890123457e+37,"b":"{LONGEST}.5"}},1]'),
    ],
)  # fmt: skip
def test_a_number_that_is_too_long_or_has_an_exponent_is_a_double(session, text, held):
    assert parsed(session, text) == held


def test_a_long_number_loses_digits_and_a_short_one_does_not(connection, database):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (K NUMBER, V VARIANT)")
    texts = [LONGEST, LONGEST + "0", "0.1", "null", None]
    for number, text in enumerate(texts):
        cursor.execute("INSERT INTO T SELECT %s, TRY_PARSE_JSON(%s)", (number, text))
    found = cursor.execute("SELECT V, TO_JSON(V), V IS NULL FROM T ORDER BY K").fetchall()
    assert [row[0] for row in found] == [row[1] for row in found]
    assert [row[2] for row in found] == [False, False, False, False, True]
    numbers = [json.loads(row[0], parse_int=Decimal, parse_float=Decimal) for row in found[:3]]
    assert [number - Decimal(str(text)) for number, text in zip(numbers, texts, strict=False)] == [
        0, Decimal("21098765432109876543220"), 0]  # fmt: skip


def test_a_json_null_is_a_value(session):
    query = "SELECT TRY_PARSE_JSON('null') IS NULL, TO_JSON(TRY_PARSE_JSON('null')), TO_JSON(TRY_PARSE_JSON(NULL))"
    assert list(session.execute(query).table.to_pylist()[0].values()) == [False, "null", None]


@pytest.mark.parametrize("text", ["{", '{"a":1,"a":2}', "NaN"])
def test_parse_json_says_what_it_cannot_parse(session, text):
    with pytest.raises(ProgrammingError, match="Error parsing JSON") as raised:
        parsed(session, text, "PARSE_JSON")
    assert (raised.value.errno, raised.value.sqlstate) == (100069, "22P02")


def test_parse_json_of_blanks_is_null(session):
    assert [parsed(session, text, "PARSE_JSON") for text in ("", " \n", None)] == [None] * 3
    with pytest.raises(ProgrammingError, match="allows duplicate keys"):
        session.execute("SELECT PARSE_JSON('{}', 'd')")


def test_json_of_a_whole_table_is_parsed(session):
    session.execute("CREATE TABLE T (X VARCHAR)")
    session.duck.execute(
        """INSERT INTO D.S.T SELECT '{"a": ' || i || ', "b": [1, {"c": 1e' || i % 9 || '}]}' FROM range(20000) r(i)"""
    )
    query = "SELECT COUNT(TRY_PARSE_JSON(X)), COUNT(DISTINCT TO_JSON(TRY_PARSE_JSON(X))) FROM T"
    assert list(session.execute(query).table.to_pylist()[0].values()) == [20000, 20000]

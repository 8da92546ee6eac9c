"""The comparison of the types study sees every damage that a copy may do."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from tests.system.types.arrays import array_of
from tests.system.types.forms import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    JSON_NUMBER,
    NUMBER,
    REAL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Form,
    seen_here,
    seen_there,
)
from tests.system.types.pg_type import PgType, edges, refused
from tests.system.types.tables import Quarantined, Table
from tests.system.types.verdicts import LOUD, SAME, WRONG, Sides, judge, target_problems

INTEGERS, TEXTS = array_of(JSON_NUMBER), array_of(TEXT)
MOMENT = datetime(2024, 2, 29, 12, 34, 56, 123456)
INSTANT = MOMENT.replace(tzinfo=UTC)
PLUS_TWO = timezone(timedelta(hours=2))

# PostgreSQL's text, the value that the connector gives for it, and what a copy might have made of it.
DAMAGES: list[tuple[Form, str, Any, list[Any]]] = [
    (INTEGER, "9007199254740993", 9007199254740993, [9007199254740992, 9007199254740993.0, "9007199254740993"]),
    (INTEGER, "1", 1, [True, 0, -1, Decimal(1)]),
    (NUMBER, "1.50", Decimal("1.50"), [Decimal("1.5"), Decimal("1.51"), Decimal("1.500"), 1.5, "1.50",
        Decimal("-1.50")]),
    (NUMBER, "9" * 38, int("9" * 38), [int("9" * 37 + "8"), float("9" * 38), 10**38]),
    (REAL, "0.1", 0.1, [0.1000001, 0.0, Decimal("0.1")]),
    (REAL, "-0", -0.0, [0.0]),
    (DOUBLE, "0.30000000000000004", 0.30000000000000004, [0.3, 0.30000001192092896]),
    (DOUBLE, "-0", -0.0, [0.0, 0]),
    (DOUBLE, "5e-324", 5e-324, [0.0]),
    (DOUBLE, "NaN", float("nan"), [0.0, float("inf"), "NaN"]),
    (DOUBLE, "Infinity", float("inf"), [1.7976931348623157e308, float("-inf"), float("nan")]),
    (BOOLEAN, "f", False, [True, 0, "f"]),
    (TEXT, "", "", [" ", "''"]),
    (TEXT, "a ", "a ", ["a", "a  ", " a"]),
    (TEXT, "ab   ", "ab   ", ["ab"]),
    (TEXT, "NULL", "NULL", [""]),
    (TEXT, r"\N", r"\N", ["N", ""]),
    (TEXT, "a\r\nb", "a\r\nb", ["a\nb", "a b"]),
    (TEXT, "e\u0301", "e\u0301", ["é", "e"]),
    (TEXT, "😀", "😀", ["?", "\ufffd", "😀 "]),
    (TEXT, 'a""b', 'a""b', ['a"b']),
    (TEXT, "10.0.0.1", "10.0.0.1", ["10.0.0.1/32"]),
    (TEXT, "12:00:00+02", "12:00:00+02", ["10:00:00+00", "12:00:00"]),
    (BINARY, r"\x00ff5c", b"\x00\xff\x5c", [b"\x00\xff", b"\x00", b"", "00ff5c", b"\x00\xff\x5c\x00"]),
    (BINARY, r"\x", b"", [b"\x00", ""]),
    (DATE, "1582-10-10", date(1582, 10, 10), [date(1582, 10, 20), datetime(1582, 10, 10), "1582-10-10"]),
    (DATE, "infinity", None, [date.max, date(1970, 1, 1), "infinity"]),
    (TIME, "12:34:56.000001", time(12, 34, 56, 1), [time(12, 34, 56), time(12, 34, 56, 1000), "12:34:56.000001"]),
    (TIME, "24:00:00", None, [time(0, 0)]),
    (TIMESTAMP, "2024-02-29 12:34:56.123456", MOMENT, [MOMENT.replace(microsecond=123000), INSTANT,
        MOMENT.date(), MOMENT - timedelta(hours=1)]),
    (TIMESTAMP, "0044-03-15 00:00:00 BC", None, [datetime(44, 3, 15), datetime(1, 1, 1)]),
    (TIMESTAMPTZ, "2024-02-29 12:34:56.123456+00", INSTANT,
     [MOMENT, MOMENT.replace(tzinfo=PLUS_TWO), INSTANT.astimezone(PLUS_TWO), INSTANT + timedelta(hours=1),
         INSTANT.replace(microsecond=123457)]),
    (JSON, "null", "null", ['"null"', "", "{}"]),
    (JSON, '"null"', '"null"', ["null"]),
    (JSON, '{"a": null}', '{"a":null}', ["{}", '{"a":"null"}']),
    (JSON, "9007199254740993", "9007199254740993", ["9007199254740992", '"9007199254740993"']),
    (JSON, "0.30000000000000004", "0.30000000000000004", ["0.3"]),
    (JSON, "1e30", "1000000000000000000000000000000", ["1000000000000000019884624838656"]),
    (JSON, '{"a": 1, "a": 2}', '{"a":1,"a":2}', ['{"a":2}']),
    (JSON, "[1, true, []]", "[1,true,[]]", ["[1,1,[]]", "[true,true,[]]", "[1,true,{}]", "[true,1,[]]", "[1,true]"]),
    (JSON, r'"\u0000"', r'"\u0000"', ['""', r'"\\u0000"']),
    (INTEGERS, "{1,NULL}", "[1,null]", ["[1]", "[1,0]", '[1,"null"]', '["1",null]', "{1,NULL}", '"{1,NULL}"']),
    (INTEGERS, "{}", "[]", ["[[]]", "[null]", "null", "{}"]),
    (INTEGERS, "{{1,2},{3,4}}", "[[1,2],[3,4]]", ["[1,2,3,4]", "[[1,2,3,4]]", "[[1,3],[2,4]]"]),
    (INTEGERS, "[0:1]={1,2}", None, ["[1,2]"]),
    (TEXTS, '{"NULL",NULL,""}', '["NULL",null,""]', ['[null,null,""]', '["NULL",null,null]', '["NULL",null]']),
    (array_of(DOUBLE), "{1.7976931348623157e+308,NaN}", '[1.7976931348623157e+308,"NaN"]',
        ['[1.797693134862316e+308,"NaN"]', "[1.7976931348623157e+308,null]"]),
    (array_of(TIMESTAMPTZ), '{"2024-01-01 00:00:00+00"}', '["2024-01-01T00:00:00+00:00"]',
        ['["2024-01-01T00:00:00+01:00"]', '["2024-01-01T00:00:00"]', '["2024-01-01"]']),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "text", "right", "wrong"), DAMAGES, ids=[f"{case[0].name} {case[1][:30]!a}" for case in DAMAGES]
)
def test_a_damaged_value_has_another_form(form: Form, text: str, right: Any, wrong: list[Any]) -> None:
    there = seen_there(form, text)
    assert right is None or seen_here(form, right) == there
    assert there is not None
    assert [value for value in [None, *wrong] if seen_here(form, value) == there] == []


@pytest.mark.parametrize("form", {case[0].name: case[0] for case in DAMAGES}.values(), ids=lambda form: form.name)
def test_null_is_only_null(form: Form) -> None:
    assert seen_there(form, None) is None
    assert [value for value in ("", "null", 0, False, b"", "[]", float("nan")) if seen_here(form, value) is None] == []


TABLE = Table("s", "t", {"day": PgType("date", "DATE", DATE, edges("2024-02-29", *refused("infinity")))})
AURORA: dict[int, dict[str, str | None]] = {
    1: {"id": "1", "day": None},
    2: {"id": "2", "day": "2024-02-29"},
    3: {"id": "3", "day": "infinity"},
}
FINAL: dict[int, dict[str, Any]] = {1: {"DAY": None}, 2: {"DAY": date(2024, 2, 29)}, 3: {"DAY": None}}
LISTED = Quarantined("b", 'cannot be held: "DAY"', {"ID": "3", "DAY": "infinity"})
RESULT = {"quarantined": 1, "quarantined_columns": {"DAY": 1}}


def verdicts(final: Any = FINAL, listed: Any = (LISTED,), result: Any = RESULT) -> list[str]:
    return [
        one.verdict for one in judge(TABLE, Sides(AURORA, final, {"DAY": "DATE"}, list(listed), result), as_text=False)
    ]


def test_a_value_that_cannot_be_held_is_loud() -> None:
    assert verdicts() == [SAME, SAME, LOUD]


@pytest.mark.parametrize(
    "damage",
    [
        {"listed": []},
        {"listed": [LISTED, LISTED]},
        {"listed": [Quarantined("b", 'cannot be held: "OTHER"', LISTED.raw)]},
        {"listed": [Quarantined("b", LISTED.reason, {"ID": "3", "DAY": None})]},
        {"listed": [Quarantined("b", LISTED.reason, {"ID": "3", "DAY": "-infinity"})]},
        {"listed": [Quarantined("b", LISTED.reason, {"ID": "1", "DAY": None})]},
        {"listed": [LISTED, Quarantined("b", LISTED.reason, {"ID": "2", "DAY": "2024-02-29"})]},
        {"result": {"quarantined": 0, "quarantined_columns": {"DAY": 1}}},
        {"result": {"quarantined": 1, "quarantined_columns": {}}},
        {"result": {"quarantined": 1, "quarantined_columns": {"DAY": 2}}},
        {"final": {1: FINAL[1], 2: FINAL[2]}},
        {"final": {**FINAL, 3: {"DAY": date.max}}},
        {"final": {**FINAL, 2: {"DAY": None}}},
        {"final": {**FINAL, 1: {"DAY": date(1970, 1, 1)}}},
    ],
)
def test_a_value_that_is_neither_the_same_nor_listed_and_counted_is_wrong(damage: dict[str, Any]) -> None:
    assert WRONG in verdicts(**damage)


def test_a_value_that_could_be_held_but_is_listed_is_not_as_expected() -> None:
    listed = [LISTED, Quarantined("b", LISTED.reason, {"ID": "2", "DAY": "2024-02-29"})]
    result = {"quarantined": 2, "quarantined_columns": {"DAY": 2}}
    found = judge(TABLE, Sides(AURORA, {**FINAL, 2: {"DAY": None}}, {"DAY": "DATE"}, listed, result), as_text=False)
    assert [bool(one.problem) for one in found] == [False, True, False]


def test_a_column_of_another_type_is_seen() -> None:
    assert target_problems(TABLE, Sides(AURORA, FINAL, {"DAY": "VARCHAR(16777216)"}, [], RESULT), as_text=False)
    assert not target_problems(TABLE, Sides(AURORA, FINAL, {"DAY": "DATE"}, [], RESULT), as_text=False)

"""Which values Aurora says Snowflake cannot hold, rule by rule: neither one too many nor one too few."""

from typing import Any

import pytest

from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.types import VARCHAR_BYTES
from tests.servers.functions.aurora.exports import exported, one

MOMENTS = [
    ("date", "infinity", "infinity"),
    ("date", "-infinity", "-infinity"),
    ("date", "0001-12-31 BC", "0001-12-31 BC"),
    ("date", "10000-01-01", "10000-01-01"),
    ("time", "24:00", "24:00:00"),
    ("timestamp", "infinity", "infinity"),
    ("timestamp", "0001-12-31 23:59:59.999999 BC", "0001-12-31 23:59:59.999999 BC"),
    ("timestamp", "10000-01-01", "10000-01-01 00:00:00"),
    ("timestamptz", "-infinity", "-infinity"),
    ("timestamptz", "9999-12-31 23:59:59-01", "10000-01-01 00:59:59+00"),
    ("timestamptz", "0001-01-01 00:00:00+01", "0001-12-31 23:00:00+00 BC"),
    ("numeric(10,2)", "NaN", "NaN"),
    ("numeric(38,0)", "NaN", "NaN"),
    ("int4[]", "[0:1]={1,2}", "[0:1]={1,2}"),
    ("int4[]", "[2:2]={1}", "[2:2]={1}"),
    ("int4[]", "[1:1][0:1]={{1,2}}", "[1:1][0:1]={{1,2}}"),
    ("text[]", "[-1:0]={a,b}", "[-1:0]={a,b}"),
    ("int4[]", "[1:1][1:1][1:1][1:1][1:1][2:2]={{{{{{7}}}}}}", "[1:1][1:1][1:1][1:1][1:1][2:2]={{{{{{7}}}}}}"),
]
HELD = [
    ("date", "0001-01-01"),
    ("date", "9999-12-31"),
    ("time", "23:59:59.999999"),
    ("timestamp", "0001-01-01"),
    ("timestamp", "9999-12-31 23:59:59.999999"),
    ("timestamptz", "0001-01-01 00:00:00+00"),
    ("timestamptz", "9999-12-31 23:59:59.999999+00"),
    ("numeric(38,0)", "9" * 38),
    ("numeric", "NaN"),
    ("float8", "NaN"),
    ("float4", "Infinity"),
    ("timetz", "24:00"),
    ("interval", "-1 year"),
    ("int4[]", "{}"),
    ("int4[]", "[1:2]={1,2}"),
    ("int4[]", "{{{1,2},{3,4}}}"),
    ("date[]", "{infinity}"),
    ("numeric[]", "{NaN,1.5,NULL}"),
]
DIGITS = "1234567890" * 5
ESCAPED_QUOTE, BACKSLASH, NULL, HIGH, LOW = r"\"", r"\\", r"\u0000", r"\ud83d", r"\uDE00"
NUMBERS = {
    # text of the document: whether it is refused
    DIGITS[:37]: False,
    DIGITS[:38]: True,
    f"-{DIGITS[:37]}": False,
    f"[1, {{'a': {DIGITS[:38]}}}]".replace("'", '"'): True,
    f"0.{DIGITS[:36]}": False,
    f"0.{DIGITS[:37]}": True,
    f"{DIGITS[:20]}.{DIGITS[:17]}": False,
    f"{DIGITS[:20]}.{DIGITS[:18]}": True,
    f'"{DIGITS}"': False,
    f'{{"{DIGITS}": 1}}': False,
    f'["{ESCAPED_QUOTE}{DIGITS}", 1]': False,
    f'["{BACKSLASH}", "{DIGITS}"]': False,
    f'["{BACKSLASH}", {DIGITS}]': True,
    f'["{DIGITS}", {DIGITS}]': True,
    "[" + ", ".join("1" * 60) + "]": False,
    "[" + ",".join(["12345.6789"] * 60) + "]": False,
}
EXPONENTS = {
    "1e5": False,
    "1E+299": False,
    "1e-299": False,
    "1e300": True,
    "1e-300": True,
    "1e99999": True,
    "[2.5E0400]": True,
    "123456789012345e3": False,
    "1234567890123456e3": True,
    "1.234567890123456e3": True,
    '"1e999"': False,
    '{"1e999": "2e999"}': False,
    '["abc1e", 5]': False,
}
CHARACTERS = {
    f'"{NULL}"': True,
    f'"{BACKSLASH}u0000"': False,
    f'"{BACKSLASH}{NULL}"': True,
    f'"{BACKSLASH}{BACKSLASH}u0000"': False,
    f'{{"a{NULL}b": 1}}': True,
    r'"\u00000"': True,
    r'"\u0001"': False,
    f'"{HIGH}{LOW}"': False,
    f'"{HIGH}{LOW}{HIGH}{LOW}"': False,
    f'"{HIGH}"': True,
    f'"{LOW}"': True,
    f'"{HIGH}x{LOW}"': True,
    f'"{LOW}{HIGH}"': True,
    f'"{HIGH}{HIGH}{LOW}"': True,
    f'"{HIGH}{LOW}{LOW}"': True,
    f'{{"{HIGH}": "{LOW}"}}': True,
    f'"{BACKSLASH}ud83d"': False,
    f'"{BACKSLASH}ud83d{BACKSLASH}ude00"': False,
    f'"{BACKSLASH}ud83d{LOW}"': True,
    f'"{HIGH}{BACKSLASH}ude00"': True,
    '"😀"': False,
    r'"\ud7ff\ue000"': False,
}


@pytest.mark.parametrize(("kind", "value", "text"), MOMENTS)
def test_what_a_type_does_not_hold_is_named_and_written_as_postgresql_writes_it(
    source: AuroraSession, owner: Any, schema: str, kind: str, value: str, text: str
) -> None:
    assert one(source, owner, schema, kind, value) == (" 1 ", text)
    assert one(source, owner, schema, kind, value, on_unrepresentable="fail") == (" 1 ", text)


@pytest.mark.parametrize(("kind", "value"), HELD)
def test_what_is_just_held_is_not_named(source: AuroraSession, owner: Any, schema: str, kind: str, value: str) -> None:
    assert one(source, owner, schema, kind, value)[0] is None


@pytest.mark.parametrize("kind", ["json", "jsonb"])
@pytest.mark.parametrize("document", NUMBERS)
def test_long_numbers_are_named_and_digits_in_strings_are_not(
    source: AuroraSession, owner: Any, schema: str, kind: str, document: str
) -> None:
    assert one(source, owner, schema, kind, document)[0] == (" 1 " if NUMBERS[document] else None)


@pytest.mark.parametrize("document", EXPONENTS)
def test_exponents_are_named_where_a_double_would_not_do(
    source: AuroraSession, owner: Any, schema: str, document: str
) -> None:
    assert one(source, owner, schema, "json", document)[0] == (" 1 " if EXPONENTS[document] else None)


@pytest.mark.parametrize(("document", "refused"), [("1e36", False), ("1e37", True), ("1e-36", False), ("1e-37", True)])
def test_jsonb_has_no_exponents_but_their_digits(
    source: AuroraSession, owner: Any, schema: str, document: str, refused: bool
) -> None:
    assert one(source, owner, schema, "jsonb", document)[0] == (" 1 " if refused else None)


@pytest.mark.parametrize("document", CHARACTERS)
def test_escapes_of_no_character_are_named_in_json(
    source: AuroraSession, owner: Any, schema: str, document: str
) -> None:
    assert one(source, owner, schema, "json", document)[0] == (" 1 " if CHARACTERS[document] else None)


@pytest.mark.parametrize(("element", "refused"), [("1e36", False), ("1e37", True), ("0." + "1" * 40, True)])
def test_long_decimals_are_named_in_arrays_too(
    source: AuroraSession, owner: Any, schema: str, element: str, refused: bool
) -> None:
    assert one(source, owner, schema, "numeric[]", f"{{1,{element}}}")[0] == (" 1 " if refused else None)


SIZES = {
    "text": ("repeat('x', {n})", 0),
    "varchar": ("repeat('x', {n})", 0),
    "jsonb": ("to_jsonb(repeat('x', {n}))", 2),
    "json": ("to_json(repeat('x', {n}))", 2),
    "text[]": ("ARRAY[repeat('x', {n})]", 4),
    "xml": ("xmlparse(content repeat('x', {n}))", 0),
}


@pytest.mark.parametrize("kind", SIZES)
def test_what_is_a_byte_too_long_is_named_and_cut(source: AuroraSession, owner: Any, schema: str, kind: str) -> None:
    value, around = SIZES[kind]
    owner.execute(f"CREATE TABLE {schema}.t (c {kind})")
    for size in (VARCHAR_BYTES, VARCHAR_BYTES + 1):
        owner.execute(f"INSERT INTO {schema}.t VALUES ({value.format(n=size - around)})")
    rows = sorted(exported(source, f"{schema}.t"), key=lambda row: len(str(row[1])))
    assert [(places, len(str(text))) for places, text in rows] == [(" 1 ", 1000), (None, VARCHAR_BYTES)]


def test_bytes_count_and_not_characters(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (c text)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (repeat('ß', {VARCHAR_BYTES // 2 + 1}))")
    assert exported(source, f"{schema}.t") == [(" 1 ", "ß" * 1000)]


def test_of_bytea_half_as_much_is_held_for_its_text_is_hex(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (c bytea)")
    for size in (VARCHAR_BYTES // 2, VARCHAR_BYTES // 2 + 1):
        owner.execute(f"INSERT INTO {schema}.t VALUES (decode(repeat('ab', {size}), 'hex'))")
    rows = sorted(exported(source, f"{schema}.t"), key=lambda row: len(str(row[1])))
    assert [(places, len(str(text))) for places, text in rows] == [(" 1 ", 1000), (None, VARCHAR_BYTES)]


def test_the_policy_text_has_the_same_limit(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (c bytea)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (decode(repeat('ab', {VARCHAR_BYTES // 2}), 'hex'))")
    [(places, text)] = exported(source, f"{schema}.t", on_unrepresentable="text")
    assert (places, str(text)[:4], len(str(text))) == (" 1 ", "\\xab", 1000)


def test_json_keys_that_occur_twice_are_left_to_the_cast(source: AuroraSession, owner: Any, schema: str) -> None:
    assert one(source, owner, schema, "json", '{"a": 1, "a": 2}') == (None, '{"a": 1, "a": 2}')

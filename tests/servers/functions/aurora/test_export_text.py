"""What Aurora writes for each type: by the export's own query, under the sync's own session."""

from decimal import Decimal
from typing import Any

import pytest

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.spec import parse_spec
from functions.shared.snowflake.session import SnowflakeSession
from tests.servers.functions.aurora.exports import one, query_of

VALUES = [
    ("int2", "-32768", "-32768"),
    ("int8", "9223372036854775807", "9223372036854775807"),
    ("numeric(10,2)", "-0.10", "-0.10"),
    ("numeric", "1e-20", "0.00000000000000000001"),
    ("numeric", "Infinity", "Infinity"),
    ("float8", "0.1", "0.1"),
    ("float8", "1e300", "1e+300"),
    ("float8", "-0", "-0"),
    ("float8", "NaN", "NaN"),
    ("float8", "Infinity", "inf"),
    ("float8", "-Infinity", "-inf"),
    ("float4", "3.4028235e38", "3.4028235e+38"),
    ("float4", "-Infinity", "-inf"),
    ("bool", "t", "true"),
    ("bool", "f", "false"),
    ("text", "", ""),
    ("text", 'a,"b"\n\\', 'a,"b"\n\\'),
    ("text", "Größe 表 😀", "Größe 表 😀"),
    ("varchar(5)", "ab  ", "ab  "),
    ("char(5)", "ab", "ab   "),
    ("bytea", "\\x00ff5c", "00ff5c"),
    ("bytea", "", ""),
    ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("date", "2026-02-28", "2026-02-28"),
    ("date", "0001-01-01", "0001-01-01"),
    ("date", "9999-12-31", "9999-12-31"),
    ("time", "23:59:59.999999", "23:59:59.999999"),
    ("timetz", "12:00:00+05:30", "12:00:00+05:30"),
    ("timestamp", "2026-02-28 01:02:03.4", "2026-02-28T01:02:03.400000"),
    ("timestamp", "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ("timestamptz", "2026-06-01 12:00:00+02", "2026-06-01T10:00:00.000000+00:00"),
    ("timestamptz", "9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999+00:00"),
    ("interval", "1 year 2 days 03:04:05.6", "1 year 2 days 03:04:05.6"),
    ("json", '{"a":  1, "a": 2}', '{"a":  1, "a": 2}'),
    ("jsonb", '{"b": [1, null], "a": "x"}', '{"a": "x", "b": [1, null]}'),
    ("int4[]", "{1,NULL,3}", "[1,null,3]"),
    ("int4[]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"),
    ("int4[]", "{}", "[]"),
    ("text[]", '{"a,b","\\"",NULL,""}', '["a,b","\\"",null,""]'),
    ("float8[]", "{NaN,Infinity}", '["NaN","Infinity"]'),
    ("timestamptz[]", '{"2026-06-01 12:00:00+02"}', '["2026-06-01T10:00:00+00:00"]'),
    ("inet", "10.0.0.1/8", "10.0.0.1/8"),
    ("inet", "10.0.0.1", "10.0.0.1"),
    ("timetz", "24:00:00+00", "24:00:00+00"),
    ("int4range", "[1,5)", "[1,5)"),
    ("bit(3)", "101", "101"),
    ("xml", "<a/>", "<a/>"),
]


@pytest.mark.parametrize(("kind", "value", "text"), VALUES)
def test_a_value_is_written_as_engine_neutral_text(
    source: AuroraSession, owner: Any, schema: str, kind: str, value: str, text: str
) -> None:
    assert one(source, owner, schema, kind, value) == (None, text)


def test_domains_and_enums_are_written_as_their_values(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE DOMAIN {schema}.d AS timestamptz; CREATE TYPE {schema}.mood AS ENUM ('so ''so''')")
    assert one(source, owner, schema, f"{schema}.d", "infinity") == (" 1 ", "infinity")
    moment = "2026-01-01T00:00:00.000000+00:00"
    assert one(source, owner, schema, f"{schema}.d", "2026-01-01 00:00:00+00") == (None, moment)
    assert one(source, owner, schema, f"{schema}.mood", "so 'so'") == (None, "so 'so'")


AS_TEXT = [
    ("date", "infinity", "infinity"),
    ("date", "2026-02-28", "2026-02-28"),
    ("timestamp", "0044-03-15 12:00 BC", "0044-03-15 12:00:00 BC"),
    ("timestamptz", "2026-06-01 12:00:00+02", "2026-06-01 10:00:00+00"),
    ("time", "24:00", "24:00:00"),
    ("numeric(10,2)", "NaN", "NaN"),
    ("float8", "-Infinity", "-Infinity"),
    ("bytea", "\\x00ff", "\\x00ff"),
    ("json", '{"a":  1e999}', '{"a":  1e999}'),
    ("int4[]", "[0:1]={1,2}", "[0:1]={1,2}"),
    ("char(5)", "ab", "ab   "),
    ("inet", "10.0.0.1", "10.0.0.1"),
    ("aclitem", "=r/aurora_owner", "=r/aurora_owner"),
]


@pytest.mark.parametrize(("kind", "value", "text"), AS_TEXT)
def test_under_the_policy_text_a_value_is_written_as_postgresql_writes_it(
    source: AuroraSession, owner: Any, schema: str, kind: str, value: str, text: str
) -> None:
    assert one(source, owner, schema, kind, value, on_unrepresentable="text") == (None, text)
    assert one(source, owner, schema, kind, value, on_unrepresentable={"c": "text", "*": "fail"}) == (None, text)


def test_the_settings_of_the_server_change_nothing(source: AuroraSession, owner: Any, schema: str) -> None:
    """The session's own settings win over the database's."""
    import functions.shared.aurora.session as adapter

    odd = {"datestyle": "SQL, DMY", "timezone": "Asia/Kolkata", "intervalstyle": "iso_8601", "bytea_output": "escape",
           "extra_float_digits": "-15"}  # fmt: skip
    owner.execute(
        f"CREATE TABLE {schema}.u (a timestamptz, b interval, c float8, d timetz, e timestamptz[], f inet, g bytea[])"
    )
    owner.execute(
        f"INSERT INTO {schema}.u VALUES ('2026-01-01 00:00+00', '1 day', 0.1, '12:00+00', "
        "'{2026-01-01 00:00+00}', '10.0.0.1', '{a}')"
    )
    query = query_of(source, f"{schema}.u")
    before = source.rows(query)
    for name, value in odd.items():
        owner.execute(f"ALTER DATABASE app SET {name} = '{value}'")
    try:
        adapter._warm.clear()
        again = adapter._connect("t")
        assert again is not source
        assert again.rows(query) == before
        again._connection.close()
    finally:
        for name in odd:
            owner.execute(f"ALTER DATABASE app RESET {name}")


def test_what_is_not_refused_casts_there(
    snowflake_session: SnowflakeSession, source: AuroraSession, owner: Any, schema: str
) -> None:
    cast = 0
    for kind, value, text in VALUES:
        owner.execute(f"DROP TABLE IF EXISTS {schema}.t; CREATE TABLE {schema}.t (c {kind})")
        spec = parse_spec({"table_name": f"{schema}.t", "watermark_type": "full_snapshot"}, "test")
        column = read_relation(source, spec).columns[0]
        if not column.casts or value == '{"a":  1, "a": 2}':
            continue
        found = snowflake_session.rows(f'SELECT {column.cast("%s")} IS NULL AS "REFUSED"', [text])
        assert not found[0]["REFUSED"], (kind, value)
        cast += 1
    assert cast >= 20


def test_numbers_arrive_digit_for_digit(
    snowflake_session: SnowflakeSession, source: AuroraSession, owner: Any, schema: str
) -> None:
    number = "1234567890123456789012345678.0123456789"
    _, text = one(source, owner, schema, "numeric(38,10)", number)
    found = snowflake_session.rows('SELECT TRY_CAST(%s AS NUMBER(38,10)) AS "N"', [text])
    assert found[0]["N"] == Decimal(number)

"""What Aurora writes for each type: through the same select list as the export, under the sync's own session."""

from decimal import Decimal
from typing import Any

import pytest

from functions.shared.aurora import Aurora
from functions.shared.catalog import read_relation
from functions.shared.columns import export_list
from functions.shared.spec import parse_spec
from functions.shared.warehouse import Warehouse
from functions.shared.windows import relation

VALUES = [
    ("int2", "-32768", "-32768"),
    ("int8", "9223372036854775807", "9223372036854775807"),
    ("numeric(10,2)", "-0.10", "-0.10"),
    ("numeric(10,2)", "NaN", "NaN"),
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
    ("date", "10000-01-01", "!10000-01-01"),
    ("date", "0044-03-15 BC", "!0044-03-15 BC"),
    ("date", "infinity", "!infinity"),
    ("date", "-infinity", "!-infinity"),
    ("time", "23:59:59.999999", "23:59:59.999999"),
    ("time", "24:00", "!24:00:00"),
    ("timetz", "12:00:00+05:30", "12:00:00+05:30"),
    ("timestamp", "2026-02-28 01:02:03.4", "2026-02-28T01:02:03.400000"),
    ("timestamp", "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ("timestamp", "10000-01-01", "!10000-01-01 00:00:00"),
    ("timestamp", "0001-12-31 23:00 BC", "!0001-12-31 23:00:00 BC"),
    ("timestamp", "infinity", "!infinity"),
    ("timestamptz", "2026-06-01 12:00:00+02", "2026-06-01T10:00:00.000000+00:00"),
    ("timestamptz", "9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999+00:00"),
    ("timestamptz", "9999-12-31 23:59:59-01", "!10000-01-01 00:59:59+00"),
    ("timestamptz", "0001-01-01 00:00:00+01", "!0001-12-31 23:00:00+00 BC"),
    ("timestamptz", "-infinity", "!-infinity"),
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
    ("int4range", "[1,5)", "[1,5)"),
    ("bit(3)", "101", "101"),
    ("xml", "<a/>", "<a/>"),
]


def exported(source: Aurora, table: str) -> list[str | None]:
    spec = parse_spec({"table_name": table, "watermark_type": "full_snapshot"}, "test")
    from psycopg2 import sql

    columns = read_relation(source, spec).columns
    query = sql.SQL("SELECT {} FROM {}").format(export_list(columns), relation(spec.source))
    return [next(iter(row.values())) for row in source.rows(query)]


@pytest.mark.parametrize(("kind", "value", "text"), VALUES)
def test_a_value_is_written_as_engine_neutral_text(
    source: Aurora, owner: Any, schema: str, kind: str, value: str, text: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (c {kind}); INSERT INTO {schema}.t VALUES (%s::{kind}), (NULL)", (value,))
    assert exported(source, f"{schema}.t") == [text, None]


def test_domains_and_enums_are_written_as_their_values(source: Aurora, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE DOMAIN {schema}.d AS timestamptz; CREATE TABLE {schema}.t (c {schema}.d)")
    owner.execute(f"INSERT INTO {schema}.t VALUES ('infinity'), ('2026-01-01 00:00:00+00')")
    assert exported(source, f"{schema}.t") == ["!infinity", "2026-01-01T00:00:00.000000+00:00"]
    owner.execute(f"CREATE TYPE {schema}.mood AS ENUM ('so ''so'''); CREATE TABLE {schema}.e (c {schema}.mood)")
    owner.execute(f"INSERT INTO {schema}.e VALUES ('so ''so''')")
    assert exported(source, f"{schema}.e") == ["so 'so'"]


def test_the_settings_of_the_server_change_nothing(source: Aurora, owner: Any, schema: str) -> None:
    """The session's own settings win over the database's."""
    import functions.shared.aurora as adapter

    odd = {"datestyle": "SQL, DMY", "timezone": "Asia/Kolkata", "intervalstyle": "iso_8601", "bytea_output": "escape",
           "extra_float_digits": "-15"}  # fmt: skip
    owner.execute(f"CREATE TABLE {schema}.t (c text[])")
    owner.execute(f"CREATE TABLE {schema}.u (a timestamptz, b interval, c float8, d timetz, e timestamptz[], f inet)")
    owner.execute(
        f"INSERT INTO {schema}.u VALUES ('2026-01-01 00:00+00', '1 day', 0.1, '12:00+00', "
        "'{2026-01-01 00:00+00}', '10.0.0.1')"
    )
    spec = parse_spec({"table_name": f"{schema}.u", "watermark_type": "full_snapshot"}, "test")
    from psycopg2 import sql

    query = sql.SQL("SELECT {} FROM {}").format(export_list(read_relation(source, spec).columns), relation(spec.source))
    before = source.rows(query)
    for name, value in odd.items():
        owner.execute(f"ALTER DATABASE app SET {name} = '{value}'")
    try:
        adapter._warm.clear()
        again = adapter.connect("t")
        assert again is not source
        assert again.rows(query) == before
        again._connection.close()
    finally:
        for name in odd:
            owner.execute(f"ALTER DATABASE app RESET {name}")


def test_what_snowflake_cannot_hold_does_not_cast_there(
    snowflake_session: Warehouse, source: Aurora, owner: Any, schema: str
) -> None:
    """Every text that starts with `!`, and only those, is refused by the cast of its column."""
    for kind, value, text in VALUES:
        owner.execute(f"DROP TABLE IF EXISTS {schema}.t; CREATE TABLE {schema}.t (c {kind})")
        spec = parse_spec({"table_name": f"{schema}.t", "watermark_type": "full_snapshot"}, "test")
        column = read_relation(source, spec).columns[0]
        if column.target_type in ("VARCHAR", "VARIANT"):
            continue
        found = snowflake_session.rows(
            f'SELECT {column.cast("%s")} IS NULL AS "REFUSED"', [text] * column.cast("%s").count("%s")
        )
        assert bool(found[0]["REFUSED"]) == (text.startswith("!") or (column.type_name, value) == ("numeric", "NaN")), (
            kind,
            value,
        )


def test_numbers_arrive_digit_for_digit(snowflake_session: Warehouse, source: Aurora, owner: Any, schema: str) -> None:
    owner.execute(
        f"CREATE TABLE {schema}.t (c numeric(38,10)); "
        f"INSERT INTO {schema}.t VALUES (1234567890123456789012345678.0123456789)"
    )
    text = exported(source, f"{schema}.t")[0]
    found = snowflake_session.rows('SELECT TRY_CAST(%s AS NUMBER(38,10)) AS "N"', [text])
    assert found[0]["N"] == Decimal("1234567890123456789012345678.0123456789")

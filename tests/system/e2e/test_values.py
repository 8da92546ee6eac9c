"""Values and names arrive as they were, or the run says which did not."""

from datetime import date

import pytest

from tests.support.laptop import Laptop

pytestmark = pytest.mark.contract


def test_hostile_names_are_only_names(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    table = 'Order "Items"; drop table x'
    quoted = '"' + table.replace('"', '""') + '"'
    laptop.sql(
        f"""CREATE TABLE {schema}.{quoted} ("select" integer PRIMARY KEY, "Mixed Case" text, "a""b'c;--" text,
            "$1" text, "ünï ☃" text, updated_at timestamptz NOT NULL DEFAULT now())"""
    )
    laptop.sql(f"""INSERT INTO {schema}.{quoted} VALUES (1, 'x', '"', E'\\\\N', '', now())""")
    name = f"{schema}.{quoted}"
    laptop.configure([{"table_name": name, "watermark_col": "updated_at"}])
    result = laptop.results()[name]
    assert result["status"] == "LOADED", result
    assert laptop.compared(schema, table, result["target"]).identical


def test_a_value_without_a_place_in_snowflake_is_null_there_and_listed_in_quarantine(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    table = f"{schema}.days"
    laptop.sql(f"CREATE TABLE {table} (id integer PRIMARY KEY, day date)")
    laptop.sql(f"INSERT INTO {table} VALUES (1, '2026-01-01'), (2, 'infinity'), (3, NULL)")
    laptop.configure([{"table_name": table, "watermark_type": "xmin"}])
    result = laptop.results()[table]
    assert (result["status"], result["loaded"], result["merged"], result["quarantined"]) == ("LOADED", 3, 2, 1)
    assert result["quarantined_columns"] == {"DAY": 1}
    found = laptop.warehouse(f"SELECT ID, DAY FROM {result['target']} ORDER BY ID")
    assert found == [(1, date(2026, 1, 1)), (2, None), (3, None)]
    held = laptop.warehouse("SELECT REASON, RAW FROM AURORA.CONTROL.QUARANTINE WHERE TABLE_NAME = %s", table)
    assert len(held) == 1
    assert "DAY" in held[0][0]
    assert "infinity" in held[0][1]


def test_text_null_and_empty_stay_apart(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    laptop.sql(
        f"CREATE TABLE {schema}.texts (id integer PRIMARY KEY, t text, c char(5), j jsonb, b bytea, a integer[])"
    )
    laptop.sql(
        f"""INSERT INTO {schema}.texts VALUES
            (1, NULL, NULL, NULL, NULL, NULL), (2, '', '', 'null', '', '{{}}'),
            (3, E'a\\nb"c,\\\\N\\r\\n\\t''', 'ab', '{{"a": [1, null, 12345678901234567890.5]}}', '\\x00ff5c',
             '{{1,NULL}}'),
            (4, 'NULL', 'x', '"text"', '\\x22', '{{{{1,2}},{{3,4}}}}')"""
    )
    laptop.configure([{"table_name": f"{schema}.texts", "watermark_type": "xmin"}])
    result = laptop.results()[f"{schema}.texts"]
    assert (result["status"], result["quarantined"]) == ("LOADED", 0)
    found = laptop.warehouse(f"SELECT ID, T, C, J, B, A FROM {result['target']} ORDER BY ID")
    assert found[0] == (1, None, None, None, None, None)
    assert found[1] == (2, "", "     ", "null", b"", "[]")
    assert found[2][1:3] == ("a\nb\"c,\\N\r\n\t'", "ab   ")
    assert "12345678901234567890.5" in found[2][3]
    assert found[2][4] == b"\x00\xff\x5c"
    assert found[3][1] == "NULL"

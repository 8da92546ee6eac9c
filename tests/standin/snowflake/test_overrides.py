"""Each change to fakesnow: right with it, and the damage without it."""

from __future__ import annotations

import sys
from string import Template
from typing import Any

import fakesnow.arrow
import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.transforms
import fakesnow.variables
import pyarrow as pa
import pytest
from snowflake.connector.errors import ProgrammingError
from sqlglot import parse_one

from local.snowflake.engine import overrides

stock = fakesnow.transforms.transforms
MERGE = "MERGE INTO T USING (SELECT 1 AS K, 'x' AS V) s ON T.K = s.K WHEN MATCHED THEN UPDATE SET V = UPPER(s.V)"

TRANSFORMS = [
    (
        "numeric_agg_implicit_cast",
        stock.numeric_agg_implicit_cast,
        "SELECT SUM(K)::VARCHAR FROM BIG",
        "123456789012345678901",
    ),
    (
        "integer_precision",
        stock.integer_precision,
        "SELECT '12345678901234567890123'::NUMBER(38,0)::VARCHAR",
        "12345678901234567890123",
    ),
    ("try_parse_json", stock.try_parse_json, "SELECT PARSE_JSON('{\"a\":  1.10}')::VARCHAR", '{"a":  1.10}'),
    ("array_agg", stock.array_agg, "SELECT ARRAY_AGG(V) WITHIN GROUP (ORDER BY K)::VARCHAR FROM T WHERE K < 0", "[]"),
    ("to_timestamp", stock.to_timestamp, "SELECT '2024-01-01'::TIMESTAMP_NTZ::DATE::VARCHAR", "2024-01-01"),
]


@pytest.fixture
def tables(session):
    session.execute("CREATE TABLE T (K NUMBER(19,0), V VARCHAR)")
    session.execute("INSERT INTO T VALUES (1, NULL)")
    session.execute("CREATE TABLE BIG (K NUMBER(38,0))")
    session.execute("INSERT INTO BIG VALUES (123456789012345678900), (1)")
    return session


@pytest.mark.parametrize(("name", "original", "sql", "expected"), TRANSFORMS, ids=[name for name, *_ in TRANSFORMS])
def test_a_translation_is_right_only_with_its_override(state, tables, monkeypatch, name, original, sql, expected):
    unattached = state.session(None, None)  # no database in use: names must still resolve
    sql = sql.replace("BIG", "D.S.BIG").replace("FROM T", "FROM D.S.T")
    assert unattached.execute(sql).scalar() == expected
    monkeypatch.setattr(fakesnow.transforms, name, original)
    assert _value_or_error(unattached, sql) != expected


def test_a_null_timestamp_is_null_only_with_the_mask():
    values = pa.array([None, 0], pa.timestamp("us"))
    assert [value.is_valid for value in overrides.timestamps_with_nulls(values)] == [False, True]
    assert [value.is_valid for value in overrides._original_struct(values)] == [True, True]


def test_a_merge_with_an_expression_works_only_natively(tables, monkeypatch):
    assert tables.execute(MERGE).affected == 1
    parts = sys.modules["fakesnow.transforms.merge"].merge
    monkeypatch.setattr(fakesnow.transforms, "merge", parts)
    assert len(parts(_parsed(MERGE))) > 1


def test_an_object_with_nulls_is_one_call(tables, monkeypatch):
    sql = "SELECT OBJECT_CONSTRUCT_KEEP_NULL('k', K, 'v', V) FROM T"
    assert tables.execute(sql).scalar() == '{"k":1,"v":null}'
    plan = "EXPLAIN SELECT " + overrides.object_with_nulls(_parsed(sql).expressions[0]).sql("duckdb") + " FROM D.S.T"
    assert "JOIN" not in str(tables.duck.execute(plan).fetchall())
    stock_call = stock.object_construct(_parsed(sql).expressions[0])
    assert "_FS_OBJECT_CONSTRUCT" in stock_call.sql("duckdb")


@pytest.mark.parametrize(
    ("attribute", "original", "sql"),
    [
        ("insert_table_comment_sql", overrides._original_comment_sql, "CREATE TABLE C (A NUMBER) COMMENT = 'it''s'"),
        ("insert_text_lengths_sql", overrides._original_lengths_sql, 'CREATE TABLE C ("it\'s" VARCHAR)'),
    ],
)
def test_quotes_in_names_and_comments_need_escapes(tables, monkeypatch, attribute, original, sql):
    tables.execute(sql)
    monkeypatch.setattr(fakesnow.info_schema, attribute, original)
    with pytest.raises(Exception, match="syntax error"):
        tables.execute(sql.replace("TABLE C", "TABLE C2"))


def test_a_quote_in_a_tables_name_needs_the_escaped_message(tables, monkeypatch):
    tables.execute('CREATE TABLE "it\'s" (A NUMBER)')
    tables.execute('DROP TABLE "it\'s"')
    monkeypatch.setattr(fakesnow.cursor, "SQL_CREATED_TABLE", Template("SELECT '${name}' AS status"))
    with pytest.raises(Exception, match="unterminated"):
        tables.execute('CREATE TABLE "it\'s" (A NUMBER)')


def test_a_dollar_in_a_literal_or_a_name_is_no_variable(session):
    assert session.execute("SELECT ' $abc '").scalar() == " $abc "
    assert session.execute('SELECT COUNT("$") FROM (SELECT 1 AS "$")').scalar() == 1
    session.execute("SET abc = 5")
    assert session.execute("SELECT $ABC || ' $abc'").scalar() == "5 $abc"
    with pytest.raises(Exception, match=r"'\$NOPE' does not exist"):
        session.execute("SELECT $nope")


def test_only_a_few_results_stay_in_the_engine(session, state):
    for number in range(20):
        session.execute(f"SELECT {number}")
    assert len(state.engine.results_cache) <= 4


@pytest.mark.parametrize("kind", ["FLOAT", "SMALLINT", "TINYINT"])
def test_every_number_type_has_a_row_type(session, kind):
    session.duck.execute(f"CREATE VIEW D.S.V AS SELECT 1::{kind} AS A")
    assert session.execute("SELECT * FROM D.S.V").scalar() == 1


def test_other_versions_are_refused(monkeypatch):
    monkeypatch.setattr(overrides, "version", lambda _: "0.0.1")
    with pytest.raises(RuntimeError, match=r"needs fakesnow 0\.12\.1, found 0\.0\.1"):
        overrides.assert_versions()


def _value_or_error(session: Any, sql: str) -> Any:
    try:
        return session.execute(sql).scalar()
    except ProgrammingError as error:
        return error


def _parsed(sql: str) -> Any:
    return parse_one(sql, read="snowflake")

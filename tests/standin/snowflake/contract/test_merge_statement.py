"""What the block that merges a batch takes for granted."""

from __future__ import annotations

import pytest
from snowflake.connector.errors import ProgrammingError


@pytest.fixture
def tables(sql):
    sql('CREATE OR REPLACE TABLE "T" ("K" NUMBER, "V" VARCHAR, "N" NUMBER, "AT" TIMESTAMP_TZ(6))')
    sql('CREATE OR REPLACE TABLE "S" ("K" NUMBER, "V" VARCHAR, "N" NUMBER)')
    sql("""INSERT INTO "T" VALUES (1, 'a', 1, '2024-01-01 00:00:00+00'), (2, 'b', 1, NULL), (NULL, 'c', 1, NULL)""")
    sql("""INSERT INTO "S" VALUES (1, 'a2', 2), (NULL, 'c2', 2), (4, 'd', 2)""")
    return sql


def test_a_correlated_exists_beside_or_is_refused(tables):
    with pytest.raises(ProgrammingError) as refused:
        tables(
            'SELECT COUNT(*) FROM "S" s WHERE s."N" = 1 OR EXISTS (SELECT 1 FROM "T" t WHERE t."K" = s."K" '
            'AND t."N" < s."N")'
        )
    assert refused.value.errno == 2031


def test_a_scalar_subselect_with_two_rows_is_an_error(tables):
    with pytest.raises(ProgrammingError, match=r"(?i)single-row subquery returns more than one row"):
        tables.block('LET x NUMBER := (SELECT "K" FROM "S" WHERE "K" IS NOT NULL); RETURN x;')


def test_a_null_variable_casts_to_null(tables):
    assert tables.block(
        "LET high VARCHAR := (SELECT NULL::VARCHAR); "
        'LET n NUMBER := (SELECT COUNT(*) FROM "T" WHERE COALESCE("AT" >= TRY_CAST(:high AS TIMESTAMP_TZ(6)), FALSE)); '
        "RETURN n;"
    ) == 0  # fmt: skip


def test_a_boolean_variable_is_a_condition(tables):
    assert tables.block(
        'LET complete BOOLEAN := (SELECT FALSE); DELETE FROM "T" WHERE :complete AND "N" >= 0; RETURN SQLROWCOUNT;'
    ) == 0  # fmt: skip


def test_variables_may_have_the_names_that_the_merge_gives_them(tables):
    assert tables.block(
        "LET version NUMBER := 1; LET complete BOOLEAN := TRUE; LET reset BOOLEAN := FALSE; "
        "LET replay BOOLEAN := FALSE; LET high VARCHAR := 'h'; LET batch VARCHAR := 'b'; "
        "IF (complete AND NOT reset AND NOT replay) THEN RETURN batch || high || version; END IF; RETURN '';"
    ) == "bh1"  # fmt: skip


def test_a_target_with_an_alias_takes_a_correlated_not_exists(tables):
    missing = 'NOT EXISTS (SELECT 1 FROM "S" s WHERE s."K" IS NOT DISTINCT FROM t."K")'
    tables('CREATE OR REPLACE TABLE "U" AS SELECT * FROM "T"')
    assert tables.block(f"""UPDATE "U" t SET "V" = 'gone' WHERE t."N" = 1 AND {missing}; RETURN SQLROWCOUNT;""") == 1
    assert tables.block(f'DELETE FROM "U" t WHERE t."N" = 1 AND {missing}; RETURN SQLROWCOUNT;') == 1


def test_a_merge_matches_null_keys_by_is_not_distinct_from(tables):
    counted = tables(
        'MERGE INTO "T" t USING (SELECT * FROM "S") s ON t."K" IS NOT DISTINCT FROM s."K" '
        'WHEN MATCHED AND s."N" >= t."N" THEN UPDATE SET t."V" = s."V", t."N" = s."N" '
        'WHEN NOT MATCHED THEN INSERT ("K", "V", "N") VALUES (s."K", s."V", s."N")'
    )
    assert counted == [(1, 2)]


def test_a_merges_source_may_hold_a_scalar_subselect_of_its_target(tables):
    assert tables(
        'MERGE INTO "T" t USING (SELECT * FROM "S" WHERE "N" > (SELECT MAX(f."N") FROM "T" f)) s ON t."K" = s."K" '
        'WHEN NOT MATCHED THEN INSERT ("K", "V", "N") VALUES (s."K", s."V", s."N")'
    ) == [(2,)]  # fmt: skip


def test_let_takes_an_expression_around_a_subselect_and_a_hash(tables):
    assert tables.block(
        'LET n NUMBER := 1; LET x NUMBER := (SELECT COUNT(*) FROM "S") - n; '
        "LET h VARCHAR := (SELECT 'r-' || MD5('a' || HASH_AGG(\"K\", \"V\")::VARCHAR) FROM \"S\"); "
        "RETURN x || LEFT(h, 2);"
    ) == "2r-"  # fmt: skip


def test_a_column_of_values_that_is_null_in_every_row_casts(sql):
    assert sql(
        "SELECT TRY_CAST(COLUMN1 AS NUMBER(38, 0)), TRY_PARSE_JSON(COLUMN2) FROM VALUES (NULL, NULL), (NULL, NULL)"
    ) == [(None, None), (None, None)]  # fmt: skip


def test_literals_are_inserted_where_not_exists_without_a_from(tables):
    statement = """INSERT INTO "S" SELECT 9, 'x', 9 WHERE NOT EXISTS (SELECT 1 FROM "S" WHERE "K" = 9)"""
    tables(statement)
    tables(statement)
    assert tables('SELECT COUNT(*) FROM "S" WHERE "K" = 9') == [(1,)]


def test_dates_out_of_range_cast_to_null_and_year_one_does_not(sql):
    found = sql(
        "SELECT TRY_CAST(COLUMN1 AS TIMESTAMP_NTZ(6))::VARCHAR FROM VALUES "
        "('0001-01-01 00:00:00'), ('0044-03-15 00:00:00 BC'), ('10000-01-01 00:00:00'), ('infinity')"
    )
    assert [None if value is None else value[:10] for (value,) in found] == ["0001-01-01", None, None, None]


@pytest.mark.live
def test_json_values_are_compared_as_values(sql):
    """The stand-in compares their texts, so it is the stricter one."""
    assert sql(
        """SELECT PARSE_JSON('{"a": 1, "b": [1, null]}') IS DISTINCT FROM PARSE_JSON('{"b":[1,null],"a":1}'),"""
        """ PARSE_JSON('{"a": 1}') IS DISTINCT FROM PARSE_JSON('{"a": 2}')"""
    ) == [(False, True)]  # fmt: skip

"""What maintenance takes for granted: its statements, and what becomes of rows that others insert meanwhile."""

from __future__ import annotations

import json
import time


def test_a_row_that_another_session_inserts_is_not_taken_by_a_delete(place, sql, other):
    """Nor does the transaction of the one make the other fail, whichever waits."""
    table = place.name("MEANWHILE")
    sql(f"CREATE TABLE {table} AS SELECT 1 AS N")
    sql("BEGIN TRANSACTION")
    sql(f"DELETE FROM {table} WHERE N < 10")
    inserted = other.submit(f"INSERT INTO {table} SELECT 20")
    time.sleep(2)
    sql(f"INSERT INTO {table} SELECT 2")
    sql("COMMIT")
    with other.connection.cursor() as cursor:
        cursor.get_results_from_sfqid(inserted)
    assert sql(f"SELECT N FROM {table} ORDER BY N") == [(2,), (20,)]


def test_a_block_makes_a_copy_and_counts_what_it_deletes_and_inserts(place, sql):
    table, copy = place.name("COUNTED"), place.name("COUNTED_COPY")
    sql(f"CREATE TABLE {table} AS SELECT COLUMN1 AS N FROM VALUES (3), (1), (2)")
    answer = sql.block(f"""
      CREATE OR REPLACE TRANSIENT TABLE {copy} AS SELECT * FROM {table} WHERE N < 3;
      BEGIN TRANSACTION;
      LET copied NUMBER := (SELECT COUNT(*) FROM {copy});
      DELETE FROM {table} WHERE N < 3;
      LET taken NUMBER := SQLROWCOUNT;
      IF (taken <> copied) THEN
        ROLLBACK;
        RETURN 'CONCURRENT';
      END IF;
      INSERT INTO {table} SELECT * FROM {copy} QUALIFY ROW_NUMBER() OVER (ORDER BY N DESC) = 1 ORDER BY N;
      taken := taken - SQLROWCOUNT;
      COMMIT;
      DROP TABLE {copy};
      RETURN TO_JSON(OBJECT_CONSTRUCT('N', :taken));""")
    assert json.loads(answer) == {"N": 1}
    assert sql(f"SELECT N FROM {table} ORDER BY N") == [(2,), (3,)]


def test_what_is_kept_may_be_a_union_of_queries_with_qualify(place, sql):
    table = place.name("KEPT")
    sql(f"CREATE TABLE {table} AS SELECT COLUMN1 AS K, COLUMN2 AS V FROM VALUES ('a', 1), ('a', 2), ('b', 3), ('b', 4)")
    newest = f"SELECT K, V FROM {table} QUALIFY RANK() OVER (PARTITION BY K ORDER BY V DESC) = 1"
    query = (
        f"SELECT V FROM {table} WHERE (K, V) IN (SELECT K, V FROM {table} WHERE V < 2 UNION ALL {newest}) ORDER BY V"
    )
    assert sql(query) == [(1,), (2,), (4,)]
    missing = f"SELECT V FROM {table} WHERE V NOT IN (SELECT V FROM {table} WHERE V NOT IN (SELECT 1)) ORDER BY V"
    assert sql(missing) == [(1,)]


def test_an_earlier_result_can_be_asked_like_a_table(sql):
    with sql.connection.cursor() as cursor:
        listed = cursor.execute(
            'SELECT \'s3://b/a.csv\' AS "name", 5 AS "size", \'Thu, 26 Jan 2023 15:46:20 GMT\' AS "last_modified"'
        ).sfqid
    [(name, size, year)] = sql(
        "SELECT N, S, YEAR(M) FROM (SELECT REPLACE(\"name\", 's3://b/', '') AS N, \"size\" AS S, "
        "TO_TIMESTAMP_NTZ(SUBSTR(\"last_modified\", 6, 20), 'DD MON YYYY HH24:MI:SS') AS M "
        f"FROM TABLE(RESULT_SCAN('{listed}'))) WHERE S > 0"
    )
    assert (name, size, year) == ("a.csv", 5, 2023)


def test_a_field_of_a_json_text_is_read_as_a_number(sql):
    assert sql("SELECT COALESCE(PARSE_JSON('{\"layout\": 3}')['layout']::NUMBER, 0)") == [(3,)]
    assert sql("SELECT COALESCE(PARSE_JSON('{}')['layout']::NUMBER, 0)") == [(0,)]

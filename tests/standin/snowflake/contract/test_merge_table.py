"""What the merge takes for granted of the table in which it classifies a batch's rows."""

from __future__ import annotations

MAKE = 'CREATE OR REPLACE TEMPORARY TABLE "m" ("K" NUMBER, "AT" TIMESTAMP_TZ(6), "AS" VARCHAR);'
FILL = """INSERT INTO "m" ("K", "AT", "AS")
  SELECT COALESCE(s."K", t."K"), s."AT", CASE WHEN s."K" IS NULL THEN 'missing' ELSE 'there' END
  FROM (SELECT COLUMN1 AS "K", COLUMN2::TIMESTAMP_TZ(6) AS "AT"
    FROM VALUES (2, '2026-01-02 03:04:05.000006+00:00'), (4, NULL)) s
  FULL OUTER JOIN "T" t ON t."K" = s."K" WHERE s."K" IS NOT NULL OR t."N" < 5;"""


def test_a_block_makes_it_before_its_transaction_and_drops_it_after(sql):
    sql('CREATE OR REPLACE TABLE "T" ("K" NUMBER, "N" NUMBER)')
    sql('INSERT INTO "T" VALUES (1, 1), (2, 1), (3, 9)')
    found = sql.block(f"""{MAKE} BEGIN TRANSACTION; {FILL}
      LET missing NUMBER := (SELECT COUNT(*) FROM "m" WHERE "AS" = 'missing');
      LET deleted NUMBER := 0;
      IF (missing > 0) THEN
        DELETE FROM "T" t USING "m" m WHERE m."AS" = 'missing' AND t."K" = m."K" AND t."N" < 5;
        deleted := SQLROWCOUNT;
      END IF;
      COMMIT; DROP TABLE IF EXISTS "m"; RETURN missing || '/' || deleted;""")
    assert found == "1/1"
    assert sql('SELECT "K" FROM "T" ORDER BY 1') == [(2,), (3,)]


def test_a_rollback_empties_it_and_another_run_in_the_session_makes_it_anew(sql):
    sql('CREATE OR REPLACE TABLE "T" ("K" NUMBER, "N" NUMBER)')
    for _ in range(2):
        assert sql.block(
            f"{MAKE} BEGIN TRANSACTION; {FILL} ROLLBACK; LET n NUMBER := (SELECT COUNT(*) FROM \"m\"); RETURN n;"
        ) == 0  # fmt: skip


def test_a_lowest_and_a_highest_key_are_variables_of_its_type(sql):
    sql('CREATE OR REPLACE TABLE "T" ("K" VARCHAR, "AT" TIMESTAMP_TZ(6))')
    sql("""INSERT INTO "T" VALUES ('a', '2026-01-01 00:00:00+00:00'), ('é', '2026-01-02 03:04:05.000006+00:00')""")
    assert sql.block(
        'LET low VARCHAR := (SELECT MIN("K") FROM "T"); LET at TIMESTAMP_TZ(6) := (SELECT MAX("AT") FROM "T"); '
        'LET n NUMBER := (SELECT COUNT(*) FROM "T" WHERE "K" BETWEEN :low AND :low AND "AT" < :at); RETURN n;'
    ) == 1  # fmt: skip


def test_a_moment_is_written_in_iso_8601(sql):
    assert sql(
        "SELECT TO_VARCHAR('2026-01-02 03:04:05.000006+00:00'::TIMESTAMP_TZ(6), "
        """'YYYY-MM-DD"T"HH24:MI:SS.FF6TZH:TZM'), TO_VARCHAR('0001-01-02'::DATE, 'YYYY-MM-DD')"""
    ) == [("2026-01-02T03:04:05.000006+00:00", "0001-01-02")]  # fmt: skip


def test_any_value_of_no_rows_is_null(sql):
    assert sql("SELECT ANY_VALUE(COLUMN1) IS NULL FROM VALUES (TRUE) WHERE 1 = 0") == [(True,)]

"""INFORMATION_SCHEMA.TABLES: rows as committed, and when each table was made and last altered."""

from __future__ import annotations

import pytest


@pytest.fixture
def table(session):
    session.execute("CREATE TABLE T (K NUMBER(10,0))")
    session.execute("CREATE TABLE OTHER (K NUMBER(10,0))")
    return session


def facts(session, name="T"):
    query = "SELECT ROW_COUNT, CREATED, LAST_ALTERED FROM D.INFORMATION_SCHEMA.TABLES i"
    found = session.execute(f"{query} WHERE i.TABLE_SCHEMA = 'S' AND i.TABLE_NAME = '{name}'").table.to_pylist()
    return tuple(found[0].values()) if found else None


def test_the_rows_are_counted(table):
    table.execute("INSERT INTO T VALUES (1), (2), (3)")
    table.execute("DELETE FROM T WHERE K = 2")
    assert facts(table)[0] == 2
    assert facts(table, "OTHER")[0] == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO T SELECT 1 WHERE FALSE",
        "UPDATE D.S.T SET K = 1 WHERE K = 0",
        "DELETE FROM T",
        "MERGE INTO T USING (SELECT 1 AS K) s ON s.K = T.K WHEN NOT MATCHED THEN INSERT (K) VALUES (s.K)",
        "TRUNCATE TABLE T",
        "ALTER TABLE T ADD COLUMN L NUMBER",
        "ALTER TABLE T RENAME COLUMN K TO M",
        "COMMENT ON TABLE T IS 'x'",
    ],
)
def test_dml_of_no_row_and_ddl_alter_a_table(table, statement):
    _, created, altered = facts(table)
    other = facts(table, "OTHER")
    table.execute(statement)
    assert facts(table)[1] == created
    assert facts(table)[2] > altered
    assert facts(table, "OTHER") == other


def test_a_transaction_alters_its_tables_when_it_is_committed(table):
    before = facts(table)
    table.execute("BEGIN TRANSACTION")
    table.execute("INSERT INTO T VALUES (1)")
    assert facts(table)[2] == before[2]
    table.execute("ROLLBACK")
    assert facts(table) == before
    table.execute("BEGIN TRANSACTION")
    table.execute("INSERT INTO T VALUES (1)")
    table.execute("COMMIT")
    assert facts(table)[2] > before[2]


def test_a_table_in_place_of_another_is_new(table):
    before = facts(table)
    table.execute("CREATE OR REPLACE TABLE T (K NUMBER(10,0))")
    assert facts(table)[1] > before[2]


def test_a_renamed_table_keeps_its_creation(table):
    before = facts(table)
    table.execute("ALTER TABLE T RENAME TO U")
    assert facts(table) is None
    assert facts(table, "U")[1] == before[1]
    assert facts(table, "U")[2] > before[2]


def test_a_dropped_table_is_not_listed(table):
    table.execute("DROP TABLE T")
    assert facts(table) is None
    assert facts(table, "OTHER") is not None

"""A view of sixty columns that casts every text and says what does not cast: right, and quick to read."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

ROWS = 20_000
# A text that casts, one that does not, and how it is cast.
KINDS = {
    "NUMBER(19,0)": ("'12345678901'", "'x'"),
    "NUMBER(12,2)": ("'12345.67'", "'1e30'"),
    "FLOAT": ("'1.2345678901234567e-05'", "'1.5x'"),
    "BOOLEAN": ("'t'", "'maybe'"),
    "DATE": ("'2026-11-22'", "'infinity'"),
    "TIME(6)": ("'01:02:03.5'", "'24:00:00'"),
    "TIMESTAMP_NTZ(6)": ("'2026-11-22T01:02:03.123456'", "'0044-01-01 BC'"),
    "TIMESTAMP_TZ(6)": ("'2026-11-22T01:02:03.123456+00:00'", "'10000-01-01'"),
    "VARIANT": ("""'{"a": 1, "b": [1, 2, {"c": 1.5}], "d": "text"}'""", """'{"a": 1, "a": 2}'"""),
    "BINARY": ("'00ff00ff00ff'", "'0'"),
}
TYPES = [list(KINDS)[number % len(KINDS)] for number in range(60)]


def cast(number):
    kind, text = TYPES[number], f's."C{number}"'
    named = {"VARIANT": f"TRY_PARSE_JSON({text})", "BINARY": f"TRY_TO_BINARY({text}, 'HEX')"}
    return named.get(kind, f"TRY_CAST({text} AS {kind})")


def refused(number):
    flag = f"COALESCE(CONTAINS(s.\"_REFUSED\", ' {number} '), FALSE)"
    return f'({flag} OR (s."C{number}" IS NOT NULL AND {cast(number)} IS NULL))'


@pytest.fixture(scope="module")
def wide(state):
    """Every 100th row has a text in C8 that does not cast; every 50th is flagged in C3."""
    session = state.session(None, None)
    for statement in ("CREATE OR REPLACE DATABASE WIDE", "CREATE SCHEMA WIDE.S", "USE SCHEMA WIDE.S"):
        session.execute(statement)
    columns = ", ".join(f'"C{number}" VARCHAR' for number in range(60))
    session.execute(f'CREATE TABLE T ("_REFUSED" VARCHAR, {columns}, "_FILE" VARCHAR, "_ROW" NUMBER(20,0))')
    session.execute('CREATE TABLE F ("FILE_NAME" VARCHAR, "BATCH_ID" VARCHAR, "VERSION" NUMBER(20,0))')
    session.execute("INSERT INTO F VALUES ('f1', 'b1', 5)")
    selected = ",\n".join(f'IFF({refused(n)}, NULL, {cast(n)}) AS "C{n}"' for n in range(60))
    names = ", ".join(f"IFF({refused(n)}, ' \"C{n}\"', '')" for n in range(60))
    raw = ", ".join(f"'C{n}', s.\"C{n}\"" for n in range(60))
    started = time.process_time()
    session.execute(
        f"""CREATE OR REPLACE VIEW V COMMENT = 'wide' AS SELECT f."BATCH_ID" AS "_BATCH_ID", s."_ROW", {selected},
        NULLIF(CONCAT('', {names}), '') AS "_REJECTED", {refused(0)} OR FALSE AS "_WITHHELD",
        OBJECT_CONSTRUCT_KEEP_NULL('_REFUSED', s."_REFUSED", {raw}) AS "_RAW"
        FROM T s INNER JOIN F f ON s."_FILE" = f."FILE_NAME" WHERE f."VERSION" >= 1"""
    )
    assert time.process_time() - started < 15
    texts = [f"CASE WHEN i % 100 = 0 THEN {KINDS[TYPES[n]][1]} ELSE {KINDS[TYPES[n]][0]} END" if n == 8
             else KINDS[TYPES[n]][0] for n in range(60)]  # fmt: skip
    session.duck.execute(
        f"INSERT INTO WIDE.S.T SELECT CASE WHEN i % 50 = 0 THEN ' 3  17 ' END, {', '.join(texts)}, 'f1', i"
        f" FROM range({ROWS}) r(i)"
    )
    yield session
    session.execute("DROP DATABASE WIDE")
    session.close()


def test_every_value_is_cast_or_named(wide):
    query = 'SELECT "_REJECTED", COUNT(*) AS N FROM V GROUP BY "_REJECTED"'
    found = {row["_REJECTED"]: row["N"] for row in wide.execute(query).table.to_pylist()}
    each = ROWS // 100
    assert found == {None: ROWS - 2 * each, ' "C3" "C8" "C17"': each, ' "C3" "C17"': each}
    row = wide.execute('SELECT * FROM V WHERE "_ROW" = 0').table.to_pylist()[0]
    assert [name for name, value in row.items() if value is None] == ["C3", "C8", "C17"]
    assert (row["C0"], row["C1"], row["_WITHHELD"]) == (12345678901, Decimal("12345.67"), False)
    assert row["_RAW"].startswith('{"_REFUSED":" 3  17 ","C0":"12345678901"')


NAMES = ", ".join(f'"C{number}"' for number in range(60))
SOURCE = ", ".join(f's."C{number}"' for number in range(60))
MERGE = (
    'MERGE INTO G t USING (SELECT * FROM V) s ON t."_ROW" = s."_ROW" '
    f'WHEN NOT MATCHED THEN INSERT ({NAMES}, "_ROW") VALUES ({SOURCE}, s."_ROW")'
)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT COUNT(*) FROM V WHERE "_BATCH_ID" = \'b1\' AND NOT "_WITHHELD"',
        'SELECT COUNT(*) FROM V WHERE "_REJECTED" IS NOT NULL',
        MERGE,
    ],
    ids=["counted", "what is refused", "merged"],
)
def test_the_view_is_read_in_seconds(wide, query):
    columns = ", ".join(f'"C{number}" {kind}' for number, kind in enumerate(TYPES))
    wide.execute(f'CREATE OR REPLACE TABLE G ({columns}, "_ROW" NUMBER(20,0))')
    started = time.process_time()
    wide.execute(query)
    assert time.process_time() - started < 20

"""The query whose rows are the file: places and texts in order, each text made once, tables of any width."""

from typing import Any

import pytest
from psycopg2 import sql

from functions.shared.aurora.export_query import export_query
from functions.shared.aurora.session import AuroraSession
from tests.servers.functions.aurora import exports
from tests.servers.functions.aurora.exports import exported, one, query_of
from tests.support.batches import column
from tests.support.guards import module_without

EVERY_RULE = {
    "date": "infinity",
    "time": "24:00",
    "timestamp": "infinity",
    "timestamptz": "infinity",
    "numeric(10,2)": "NaN",
    "int4[]": "[0:1]={1,2}",
    "numeric[]": "[0:0]={1}",
    "json": "1e999",
    "jsonb": "1" * 40,
}


def test_the_first_field_names_the_places_and_the_others_hold_the_texts_in_order(
    source: AuroraSession, owner: Any, schema: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (b text, a date, n int, m numeric(4,1))")
    owner.execute(f"INSERT INTO {schema}.t VALUES ('x', 'infinity', 1, 'NaN'), ('y', '2026-01-01', NULL, 2.5)")
    assert exported(source, f"{schema}.t") == [
        (" 2  4 ", "x", "infinity", "1", "NaN"),
        (None, "y", "2026-01-01", None, "2.5"),
    ]


def test_the_fields_are_named_by_their_places(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (t1 int, f0 int, texts int, holds date); INSERT INTO {schema}.t VALUES (1)")
    [row] = source.rows(query_of(source, f"{schema}.t"))
    assert row == {"f0": None, "f1": "1", "f2": None, "f3": None, "f4": None}


@pytest.mark.parametrize("kind", EVERY_RULE)
def test_a_null_is_never_refused(source: AuroraSession, owner: Any, schema: str, kind: str) -> None:
    assert one(source, owner, schema, kind, EVERY_RULE[kind])[0] == " 1 "
    assert one(source, owner, schema, kind, None) == (None, None)


def test_a_null_among_refused_values_is_not_one_of_them(source: AuroraSession, owner: Any, schema: str) -> None:
    names = [f"c{number}" for number in range(len(EVERY_RULE))]
    declared = ", ".join(f"{name} {kind}" for name, kind in zip(names, EVERY_RULE, strict=True))
    owner.execute(f"CREATE TABLE {schema}.t ({declared})")
    values = [value if number % 2 else None for number, value in enumerate(EVERY_RULE.values())]
    owner.execute(f"INSERT INTO {schema}.t VALUES ({', '.join(['%s'] * len(values))})", values)
    [(places, *_)] = exported(source, f"{schema}.t")
    assert places == " 2  4  6  8 "


def test_a_table_that_can_hold_all_its_values_names_none(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int, b uuid, c bool); INSERT INTO {schema}.t DEFAULT VALUES")
    assert exported(source, f"{schema}.t") == [(None, None, None, None)]


@pytest.mark.parametrize(("dates", "others"), [(101, 0), (150, 20), (1600, 0), (100, 1500)])
def test_a_table_of_any_width_is_exported(
    source: AuroraSession, owner: Any, schema: str, dates: int, others: int
) -> None:
    """A function takes 100 arguments, and a query returns 1664 columns."""
    declared = [f"d{number} date" for number in range(dates)] + [f"n{number} int" for number in range(others)]
    owner.execute(f"CREATE TABLE {schema}.t ({', '.join(declared)})")
    values = ["infinity"] * dates + ["7"] * others
    infinite, fine = (
        ", ".join(f"'{value}'" for value in values),
        ", ".join(f"'{value}'" for value in ["2026-01-01"] * dates + ["7"] * others),
    )
    owner.execute(f"INSERT INTO {schema}.t VALUES ({infinite}), ({fine})")
    first, second = exported(source, f"{schema}.t")
    assert first == ("".join(f" {place} " for place in range(1, dates + 1)), *values)
    assert (second[0], second[1], len(second)) == (None, "2026-01-01", 1 + dates + others)


@pytest.fixture
def counted(owner: Any, schema: str) -> str:
    """A table of three rows with a type whose text counts how often it is made; the planner takes it for constant."""
    owner.execute(f"CREATE TYPE {schema}.pair AS (a int, b int); CREATE SEQUENCE {schema}.made MINVALUE 0")
    owner.execute(
        f"CREATE FUNCTION {schema}.shown({schema}.pair) RETURNS text IMMUTABLE SECURITY DEFINER LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM nextval('{schema}.made'); RETURN '(' || $1.a || ',' || $1.b || ')'; END $$"
    )
    owner.execute(f"CREATE CAST ({schema}.pair AS text) WITH FUNCTION {schema}.shown({schema}.pair)")
    owner.execute(f"CREATE TABLE {schema}.t (c {schema}.pair); SELECT setval('{schema}.made', 0)")
    owner.execute(f"INSERT INTO {schema}.t SELECT ROW(n, n)::{schema}.pair FROM generate_series(1, 3) AS n")
    return f"{schema}.made"


def made(owner: Any, counter: str) -> int:
    owner.execute(f"SELECT last_value FROM {counter}")
    return int(owner.fetchone()[0])


def test_each_text_is_made_once(source: AuroraSession, owner: Any, schema: str, counted: str) -> None:
    assert exported(source, f"{schema}.t") == [(None, f"({n},{n})") for n in (1, 2, 3)]
    assert made(owner, counted) == 3


def test_pulled_apart_by_the_planner_it_would_be_made_for_each_question(
    source: AuroraSession, owner: Any, schema: str, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = module_without("text-made-more-than-once", instead='sql.SQL("")')
    monkeypatch.setattr(exports, "export_query", unguarded.export_query)
    source.rows(query_of(source, f"{schema}.t"))
    assert made(owner, counted) > 3


def test_a_dropped_column_keeps_its_field(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int, day date); INSERT INTO {schema}.t VALUES (1, 'infinity')")
    columns = [column("id", "int4"), column("gone", "date", dropped=True), column("day", "date")]
    selection = sql.SQL("FROM {}").format(sql.Identifier(schema, "t"))
    assert source.rows(export_query(columns, selection)) == [{"f0": " 3 ", "f1": "1", "f2": None, "f3": "infinity"}]


@pytest.mark.parametrize("name", ['a"b', "100%s", "{c}", "{t}", "t1", "holds", "f0", "Größe", "back\\slash"])
def test_a_hostile_column_is_read_like_any_other(source: AuroraSession, owner: Any, schema: str, name: str) -> None:
    made_of = sql.SQL("CREATE TABLE {} ({} date)").format(sql.Identifier(schema, "t"), sql.Identifier(name))
    owner.execute(made_of.as_string(owner.connection).replace("%", "%%"), ())
    owner.execute(f"INSERT INTO {schema}.t VALUES ('infinity'), ('2026-01-01')")
    assert exported(source, f"{schema}.t") == [(" 1 ", "infinity"), (None, "2026-01-01")]


def test_a_policy_of_one_column_leaves_the_others_as_they_are(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a date, b date); INSERT INTO {schema}.t VALUES ('infinity', 'infinity')")
    assert exported(source, f"{schema}.t", on_unrepresentable={"a": "text"}) == [(" 2 ", "infinity", "infinity")]
    assert exported(source, f"{schema}.t", on_unrepresentable={"a": "fail"}) == [(" 1  2 ", "infinity", "infinity")]


def test_sorting_and_limits_of_the_selection_hold(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int); INSERT INTO {schema}.t VALUES (2), (1), (3)")
    selection = sql.SQL("FROM {} ORDER BY id DESC LIMIT 2").format(sql.Identifier(schema, "t"))
    rows = source.rows(export_query([column("id", "int4")], selection))
    assert [row["f1"] for row in rows] == ["3", "2"]

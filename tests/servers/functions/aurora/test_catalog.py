"""What Aurora's catalog says about a table, and what is refused for it."""

from typing import Any

import pytest

from functions.shared.aurora.catalog import Relation, read_relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.names import quote
from functions.shared.contract.spec import parse_spec
from functions.shared.ground.errors import AccessDenied, InvalidConfiguration
from local.aurora.server import OWNER, SYNC_ROLE


def read(source: AuroraSession, table: str, **spec: Any) -> Relation:
    raw = {"table_name": table, "watermark_type": "full_snapshot", **spec}
    return read_relation(source, parse_spec(raw, "test"))


def types(relation: Relation) -> dict[str, tuple[str, str]]:
    return {column.name: (column.type_name, column.target_type) for column in relation.columns}


def test_columns_come_in_order_with_type_modifier_and_nullability(
    source: AuroraSession, owner: Any, schema: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (b numeric(10,2), gone int, a text NOT NULL, n numeric(3,-2))")
    owner.execute(f"ALTER TABLE {schema}.t DROP COLUMN gone")
    relation = read(source, f"{schema}.t")
    assert [(c.name, c.target_type, c.not_null) for c in relation.columns] == [
        ("b", "NUMBER(10,2)", False),
        ("a", "VARCHAR", True),
        ("n", "VARCHAR", False),
    ]
    assert relation.key == []


def test_a_domain_travels_as_its_base_type(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(
        f"CREATE DOMAIN {schema}.money_ AS numeric(12,4); CREATE DOMAIN {schema}.price AS {schema}.money_ NOT NULL"
    )
    owner.execute(f"CREATE DOMAIN {schema}.tags AS text[]; CREATE TYPE {schema}.mood AS ENUM ('ok')")
    owner.execute(f"CREATE TABLE {schema}.t (p {schema}.price, q {schema}.tags, m {schema}.mood, ps {schema}.price[])")
    relation = read(source, f"{schema}.t")
    assert types(relation) == {
        "p": ("numeric", "NUMBER(12,4)"),
        "q": ("text[]", "VARIANT"),
        "m": ("mood", "VARCHAR"),
        "ps": (f"{schema}.price[]", "VARCHAR"),
    }
    assert relation.column("p").not_null
    assert not relation.column("q").not_null
    assert relation.column("p").type.label == "numeric(12,4)"


def test_each_kind_of_type_is_told_apart(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TYPE {schema}.mood AS ENUM ('ok'); CREATE TYPE {schema}.pair AS (a int, b int)")
    owner.execute(f"CREATE TYPE {schema}.span AS RANGE (subtype = time, multirange_type_name = {schema}.spans)")
    owner.execute(f"CREATE DOMAIN {schema}.hour AS int")
    kinds = {"mood": "enum", "pair": "composite", "span": "range", "spans": "multirange", "hour[]": "domain"}
    declared = ", ".join(f'"{name}" {schema}.{name}' for name in kinds)
    owner.execute(f'CREATE TABLE {schema}.t ({declared}, n int, "pair[]" {schema}.pair[], v int2vector)')
    found = {column.name: column.type for column in read(source, f"{schema}.t").columns}
    assert {name: source_type.kind for name, source_type in found.items()} == {
        **kinds, "n": "base", "pair[]": "composite", "v": "base",
    }  # fmt: skip
    assert [name for name, source_type in found.items() if source_type.is_array] == ["hour[]", "pair[]", "v"]


def test_each_column_bears_its_number_and_its_policy(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int, gone int, b int); ALTER TABLE {schema}.t DROP COLUMN gone")
    columns = read(source, f"{schema}.t", on_unrepresentable={"b": "text", "*": "fail"}).columns
    assert [(one.name, one.number, one.unrepresentable) for one in columns] == [("a", 1, "fail"), ("b", 3, "text")]


SHAPES = [
    "ALTER TABLE {t} ADD COLUMN c int",
    "ALTER TABLE {t} DROP COLUMN b",
    "ALTER TABLE {t} RENAME COLUMN b TO c",
    "ALTER TABLE {t} ALTER COLUMN b TYPE numeric(10,4)",
    "ALTER TABLE {t} ALTER COLUMN b SET NOT NULL",
    "ALTER TABLE {t} DROP COLUMN b; ALTER TABLE {t} ADD COLUMN b numeric(10,2)",
    "ALTER TABLE {t} DROP CONSTRAINT t_pkey",
]


@pytest.mark.parametrize("change", SHAPES)
def test_every_change_of_columns_or_key_is_another_shape(
    source: AuroraSession, owner: Any, schema: str, change: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int PRIMARY KEY, b numeric(10,2))")
    before = read(source, f"{schema}.t")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, 1); ANALYZE {schema}.t; COMMENT ON TABLE {schema}.t IS 'x'")
    assert read(source, f"{schema}.t").shape == before.shape
    owner.execute(change.format(t=f"{schema}.t"))
    assert read(source, f"{schema}.t").shape != before.shape
    assert read(source, f"{schema}.t").oid == before.oid


def test_another_policy_or_key_is_another_shape_too(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int PRIMARY KEY, b date)")
    shapes = {read(source, f"{schema}.t", **spec).shape for spec in ({}, {"on_unrepresentable": "fail"},
              {"primary_keys": ["b"]})}  # fmt: skip
    assert len(shapes) == 3


@pytest.mark.parametrize("name", ["Order Details", 'say "hi"', "x; DROP TABLE y; --", "100%s", "Größe", "a.b"])
def test_quoted_names_are_found_as_they_are(source: AuroraSession, owner: Any, schema: str, name: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.{quote(name)} ({quote(name)} int PRIMARY KEY)".replace("%", "%%"), ())
    relation = read(source, f"{schema}.{quote(name)}")
    assert [column.name for column in relation.columns] == [name]
    assert relation.key == [name]


def test_the_key_is_the_primary_key_in_its_own_order(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int, b int, c int, PRIMARY KEY (c, a))")
    assert read(source, f"{schema}.t").key == ["c", "a"]


def test_columns_that_the_primary_key_only_includes_are_no_key(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int, b int, PRIMARY KEY (a) INCLUDE (b))")
    assert read(source, f"{schema}.t").key == ["a"]


def test_the_configured_key_wins_over_the_tables_own(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int PRIMARY KEY, b int)")
    assert read(source, f"{schema}.t", primary_keys=["b"]).key == ["b"]


def test_a_partitioned_table_is_one_table(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int PRIMARY KEY) PARTITION BY RANGE (a)")
    owner.execute(f"CREATE TABLE {schema}.t1 PARTITION OF {schema}.t DEFAULT")
    assert read(source, f"{schema}.t").key == ["a"]


def test_a_missing_table_is_told_with_the_one_that_was_meant(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f'CREATE TABLE {schema}."Orders" (a int)')
    with pytest.raises(InvalidConfiguration, match=rf"^{schema}.orders: table_name .* did you mean {schema}.Orders\?"):
        read(source, f"{schema}.orders")


def test_a_missing_table_without_a_like_says_what_to_do(source: AuroraSession, schema: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"create it, or correct table_name"):
        read(source, f"{schema}.orders")


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW", "SEQUENCE"])
def test_what_is_no_table_is_refused(source: AuroraSession, owner: Any, schema: str, kind: str) -> None:
    owner.execute(f"CREATE {kind} {schema}.v" + (" AS SELECT 1 AS a" if "VIEW" in kind else ""))
    with pytest.raises(InvalidConfiguration, match=rf"^{schema}.v: table_name is not a table"):
        read(source, f"{schema}.v")


def test_a_table_that_may_not_be_read_says_which_grant_is_missing(
    source: AuroraSession, owner: Any, schema: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int); REVOKE SELECT ON {schema}.t FROM {SYNC_ROLE}")
    with pytest.raises(AccessDenied, match=rf"^{schema}.t: .*GRANT SELECT ON the table TO {SYNC_ROLE}"):
        read(source, f"{schema}.t")
    owner.execute(f"GRANT SELECT ON {schema}.t TO {SYNC_ROLE}; REVOKE USAGE ON SCHEMA {schema} FROM {SYNC_ROLE}")
    with pytest.raises(AccessDenied, match=r"GRANT USAGE ON SCHEMA"):
        read(source, f"{schema}.t")


def test_a_table_whose_rows_are_hidden_is_refused(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int); ALTER TABLE {schema}.t ENABLE ROW LEVEL SECURITY")
    with pytest.raises(AccessDenied, match=rf"row-level security hides rows .*run GRANT {OWNER} TO {SYNC_ROLE}"):
        read(source, f"{schema}.t")


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({"primary_keys": ["a", "nope"]}, "primary_keys"),
        ({"watermark_type": "timestamp", "watermark_col": "nope"}, "watermark_col"),
        ({"watermark_type": "composite", "watermark_cols": ["a", "nope"]}, "watermark_cols"),
        ({"on_unrepresentable": {"nope": "fail", "*": "text"}}, "on_unrepresentable"),
    ],
)
def test_a_column_that_does_not_exist_is_told_with_those_that_do(
    source: AuroraSession, owner: Any, schema: str, spec: dict[str, Any], key: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int, b int)")
    with pytest.raises(InvalidConfiguration, match=rf"^{schema}.t: {key} names column 'nope', .*its columns are a, b$"):
        read(source, f"{schema}.t", **spec)


def test_a_table_that_others_inherit_from_is_refused(source: AuroraSession, owner: Any, schema: str) -> None:
    """Each child has keys of its own: of two rows with one key, one would take the other's place."""
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY); CREATE TABLE {schema}.child () INHERITS ({schema}.t)")
    with pytest.raises(InvalidConfiguration, match=rf"^{schema}.t: tables inherit from it"):
        read(source, f"{schema}.t")
    assert read(source, f"{schema}.child", primary_keys=["id"]).oid


def test_a_foreign_partition_is_refused(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY) PARTITION BY RANGE (id)")
    owner.execute(f"CREATE TABLE {schema}.near PARTITION OF {schema}.t FOR VALUES FROM (0) TO (10)")
    assert read(source, f"{schema}.t").oid
    owner.execute(f"CREATE FOREIGN DATA WRAPPER {schema}_w; CREATE SERVER {schema}_s FOREIGN DATA WRAPPER {schema}_w")
    owner.execute(f"ALTER TABLE {schema}.t DROP CONSTRAINT t_pkey")
    owner.execute(
        f"CREATE FOREIGN TABLE {schema}.far PARTITION OF {schema}.t FOR VALUES FROM (10) TO (20) SERVER {schema}_s"
    )
    with pytest.raises(InvalidConfiguration, match=rf"^{schema}.t: its partition {schema}.far is a foreign table"):
        read(source, f"{schema}.t")
    owner.execute(f"DROP FOREIGN DATA WRAPPER {schema}_w CASCADE")

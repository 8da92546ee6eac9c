"""The type contract as a table: what holds each PostgreSQL type, which types it does not know, and which widen."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.shared.contract.types import SourceType, TypeRule, rule_for, widens

TEXTS = [
    "text", "varchar", "bpchar", "char", "name", "uuid", "interval", "timetz", "money", "inet", "cidr", "macaddr",
    "macaddr8", "bit", "varbit", "xml", "jsonpath", "tsvector", "tsquery", "point", "line", "lseg", "box", "path",
    "polygon", "circle", "oid", "xid", "xid8", "cid", "tid", "pg_lsn", "pg_snapshot", "txid_snapshot", "regclass",
    "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc",
    "regprocedure", "regrole", "regtype", "int2vector", "oidvector",
]  # fmt: skip
OTHERS = {
    "int2": "NUMBER(5,0)",
    "int4": "NUMBER(10,0)",
    "int8": "NUMBER(19,0)",
    "float4": "FLOAT",
    "float8": "FLOAT",
    "bool": "BOOLEAN",
    "bytea": "BINARY",
    "date": "DATE",
    "time": "TIME(6)",
    "timestamp": "TIMESTAMP_NTZ(6)",
    "timestamptz": "TIMESTAMP_TZ(6)",
    "json": "VARIANT",
    "jsonb": "VARIANT",
}


def rule(name: str, kind: str = "base", modifier: int = -1, is_array: bool = False) -> TypeRule:
    found = rule_for(SourceType(name, name, kind, modifier, is_array))
    assert found is not None
    return found


def packed(precision: int, scale: int) -> int:
    """The modifier of numeric(precision, scale)."""
    return (precision << 16 | scale & 0x7FF) + 4


@pytest.mark.parametrize(("name", "target"), [*OTHERS.items(), *((name, "VARCHAR") for name in TEXTS)])
def test_each_type_has_the_snowflake_type_that_loses_nothing(name: str, target: str) -> None:
    assert rule(name).target == target


@pytest.mark.parametrize("kind", ["enum", "composite", "range", "multirange"])
def test_what_a_person_has_made_travels_as_its_text(kind: str) -> None:
    assert rule("mine", kind).target == "VARCHAR"


@pytest.mark.parametrize("name", ["citext", "hstore", "ltree", "lquery", "ltxtquery"])
def test_extensions_whose_text_is_the_value_are_known(name: str) -> None:
    assert rule(name, "extension").target == "VARCHAR"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("geometry", "extension"), ("vector", "extension"), ("text", "extension"), ("aclitem", "base"), ("new", "base")],
)
@pytest.mark.parametrize("is_array", [False, True])
def test_any_other_type_is_not_known(name: str, kind: str, is_array: bool) -> None:
    """An extension's type is none of PostgreSQL's, even where it bears the name of one."""
    assert rule_for(SourceType(name, name, kind, is_array=is_array)) is None


@pytest.mark.parametrize("name", ["int4", "text", "bytea", "timestamptz", "uuid", "bool", "float4", "point", "bpchar"])
def test_an_array_is_json_and_says_that_other_lower_bounds_are_not_held(name: str) -> None:
    array = rule(name, is_array=True)
    assert (array.target, array.sizable, array.holds_text) == ("VARIANT", True, None)
    assert (array.always_holds, "lower bounds" in array.refuses) == (False, True)


@pytest.mark.parametrize("kind", ["enum", "range", "multirange"])
def test_so_is_one_of_what_a_person_has_made(kind: str) -> None:
    assert rule("mine", kind, is_array=True).target == "VARIANT"


def test_an_array_of_doubles_refuses_those_that_snowflake_would_print_shorter() -> None:
    assert rule("float8", is_array=True).holds_text is not None


def test_an_array_of_decimals_refuses_the_long_ones() -> None:
    assert rule("numeric", is_array=True).holds_text is not None
    assert rule("numeric", modifier=packed(10, 2), is_array=True).target == "VARIANT"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("json", "base"), ("jsonb", "base"), ("mine", "composite"), ("mine", "domain"), ("hstore", "extension"),
     ("ltree", "extension")],
)  # fmt: skip
def test_an_array_whose_elements_would_not_come_back_from_json_stays_text(name: str, kind: str) -> None:
    array = rule(name, kind, is_array=True)
    assert (array.target, array.holds) == ("VARCHAR", None)


@pytest.mark.parametrize("name", ["int2vector", "oidvector"])
def test_the_catalogs_vectors_are_text_although_they_are_arrays(name: str) -> None:
    assert rule(name, is_array=True).target == "VARCHAR"


@pytest.mark.parametrize(
    ("precision", "scale", "target"),
    [
        (10, 2, "NUMBER(10,2)"),
        (38, 37, "NUMBER(38,37)"),
        (38, 38, "VARCHAR"),
        (38, 0, "NUMBER(38,0)"),
        (39, 0, "VARCHAR"),
        (1000, 10, "VARCHAR"),
        (3, -2, "VARCHAR"),
        (2, 5, "VARCHAR"),
        (38, -1000, "VARCHAR"),
        (1, 1000, "VARCHAR"),
    ],
)
def test_a_numeric_that_no_number_holds_stays_text(precision: int, scale: int, target: str) -> None:
    assert rule("numeric", modifier=packed(precision, scale)).target == target


def test_a_numeric_without_precision_stays_text_and_holds_everything() -> None:
    assert (rule("numeric").target, rule("numeric").always_holds) == ("VARCHAR", True)


@given(st.integers(1, 1000), st.integers(-1000, 1000))
@example(38, 38)
def test_every_number_type_has_room_for_every_value_of_the_column(precision: int, scale: int) -> None:
    found = rule("numeric", modifier=packed(precision, scale))
    fits = 0 <= scale <= min(precision, 37) and precision <= 38
    assert found.target == (f"NUMBER({precision},{scale})" if fits else "VARCHAR")
    assert found.always_holds != fits  # NaN


@pytest.mark.parametrize(
    "name", ["bytea", "date", "time", "timestamp", "timestamptz", "json", "jsonb", "text", "xml", "bpchar"]
)
def test_what_is_not_held_is_said_in_words(name: str) -> None:
    assert not rule(name).always_holds
    assert rule(name).refuses


@pytest.mark.parametrize("name", ["int2", "int8", "float8", "bool", "uuid", "inet", "interval", "money", "name"])
def test_what_holds_everything_says_so(name: str) -> None:
    assert rule(name).always_holds
    assert rule(name).refuses == ""


@pytest.mark.parametrize(
    ("old", "new", "widening"),
    [
        ("NUMBER(5,0)", "NUMBER(10,0)", True),
        ("NUMBER(10,0)", "NUMBER(19,0)", True),
        ("NUMBER(10,2)", "NUMBER(12,2)", True),
        ("NUMBER(10,2)", "NUMBER(10,2)", True),
        ("NUMBER(9,2)", "NUMBER(38,2)", True),
        ("NUMBER(19,0)", "NUMBER(10,0)", False),
        ("NUMBER(10,2)", "NUMBER(12,4)", False),
        ("NUMBER(10,2)", "NUMBER(10,0)", False),
        ("NUMBER(10,0)", "FLOAT", False),
        ("NUMBER(10,0)", "VARCHAR", False),
        ("DATE", "TIMESTAMP_NTZ(6)", False),
        ("VARCHAR", "VARCHAR", False),
    ],
)
def test_only_digits_are_added_in_place(old: str, new: str, widening: bool) -> None:
    assert widens(old, new) is widening

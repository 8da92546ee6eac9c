"""Names of a source table in Aurora, S3 and Snowflake."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.shared.contract.names import SourceTable, fold, literal, quote
from functions.shared.ground.errors import InvalidConfiguration

HOSTILE = [
    "order details",
    'say "hi"',
    "x; DROP TABLE y; --",
    "it's",
    "back\\slash",
    "Größe",
    "表",
    "dots.in.it",
    "100%s",
    "{{ x }}",
    "end$",
    "select",
    "MixedCase",
]

part = st.text(st.characters(blacklist_categories=["Cs"], min_codepoint=32), min_size=1, max_size=20).filter(
    lambda text: "$$" not in text and len(text.encode()) <= 63
)
tables = st.builds(SourceTable, part, part)
layouts = st.integers(0, 12)


@given(part, part)
def test_a_quoted_name_is_read_back_as_it_was(schema: str, name: str) -> None:
    assert SourceTable.parse(f"{quote(schema)}.{quote(name)}") == SourceTable(schema, name)


@given(tables)
def test_the_written_name_is_read_back_as_the_same_table(table: SourceTable) -> None:
    assert SourceTable.parse(str(table)) == table


@given(tables, tables, layouts, layouts)
def test_two_tables_or_layouts_never_share_a_folder_or_a_pipe(
    one: SourceTable, other: SourceTable, first: int, second: int
) -> None:
    assume((one, first) != (other, second))
    assert one.folder(first) != other.folder(second)
    assert not one.folder(first).startswith(other.folder(second) + "/")
    assert one.pipe_name(first) != other.pipe_name(second) or one.object_name == other.object_name


@given(tables, tables)
def test_two_tables_are_never_written_alike(one: SourceTable, other: SourceTable) -> None:
    assume(one != other)
    assert str(one) != str(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a.b", "c"), ("a", "b.c")),
        (("public", "Orders"), ("public", "orders")),
        (("public", "a b"), ("public", "a_b")),
        (("public", "a-b"), ("public", "a_b")),
        (("public", "a-v7"), ("public", "a")),
        (("public", "é"), ("public", "ü")),
        (("a", '"b"."c'), ("a.b", "c")),
    ],
)
def test_names_that_look_alike_stay_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    first, second = SourceTable(*one), SourceTable(*other)
    assert first.folder(0) != second.folder(0)
    assert first.folder(7) != second.folder(7)
    assert str(first) != str(second)


@given(tables)
def test_a_folder_holds_only_characters_that_mean_nothing_in_a_path_or_a_stage(table: SourceTable) -> None:
    assert set(table.folder(12)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def test_a_plain_table_keeps_its_name_as_folder_and_target() -> None:
    table = SourceTable.parse("sales.order_items")
    assert (table.folder(0), table.folder(7)) == ("sales.order_items", "sales.order_items-v7")
    assert table.pipe_name(7) == "SALES__ORDER_ITEMS$$v7"
    assert table.object_name == "SALES__ORDER_ITEMS"
    assert table.target("AURORA") == "AURORA.FINAL.SALES__ORDER_ITEMS"


def test_a_bare_name_is_in_schema_public() -> None:
    assert SourceTable.parse("orders") == SourceTable("public", "orders")


def test_a_name_that_needs_quotes_keeps_its_case_and_gets_them() -> None:
    table = SourceTable.parse('public."Order Items"')
    assert table == SourceTable("public", "Order Items")
    assert table.target("AURORA") == 'AURORA.FINAL."PUBLIC__Order Items"'


def test_names_without_quotes_are_taken_as_they_are() -> None:
    assert SourceTable.parse("public.Orders") == SourceTable("public", "Orders")
    assert SourceTable.parse("public.x; drop table y") == SourceTable("public", "x; drop table y")


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("orders", "ORDERS"),
        ("_x$1", "_X$1"),
        ("Orders", "Orders"),
        ("ORDERS", "ORDERS"),
        ("1st", "1st"),
        ("ü", "ü"),
        ("a b", "a b"),
    ],
)
def test_only_plain_lower_case_names_fold(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize("name", HOSTILE)
def test_a_quoted_identifier_has_no_end_before_its_end(name: str) -> None:
    inside = quote(name)[1:-1]
    assert '"' not in inside.replace('""', "")
    assert inside.replace('""', '"') == name


@given(st.text())
def test_a_literal_has_no_end_before_its_end(text: str) -> None:
    inside = literal(text)[1:-1]
    unescaped, position = [], 0
    while position < len(inside):
        pair = inside[position : position + 2]
        assert inside[position] not in "\\'" or pair in ("\\\\", "''")
        unescaped.append(inside[position])
        position += 2 if pair in ("\\\\", "''") else 1
    assert "".join(unescaped) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "public.", ".orders", '"', '"public', 'pub"lic.orders', '"a"b.c', '"a"."b"."c"', '""."x"', '"".x',
     "public.a$$b", "a$$.b", "public.tab\tname", "public.line\nbreak", "public.nul\0", '"public"."a\rb"'],
)  # fmt: skip
def test_what_names_no_table_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"table_name") as raised:
        SourceTable.parse(text)
    assert str(raised.value).startswith(repr(text))
    assert "\n" not in str(raised.value)


def test_a_name_over_the_limit_of_postgresql_is_refused_by_bytes() -> None:
    assert SourceTable.parse("public." + "x" * 63).name == "x" * 63
    for name in ("x" * 64, "ü" * 32):
        assert len(name.encode()) == 64
        with pytest.raises(InvalidConfiguration, match=r"63 bytes"):
            SourceTable.parse(f"public.{name}")
    assert SourceTable.parse("public." + "ü" * 31).name == "ü" * 31

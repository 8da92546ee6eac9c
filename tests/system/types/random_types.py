"""Strategies for a column: a type with its modifiers, and texts that PostgreSQL reads as its values."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.system.types.arrays import array_of
from tests.system.types.catalogue import FAMILIES
from tests.system.types.forms import DATE, INTEGER, JSON, JSON_NUMBER, NUMBER, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ
from tests.system.types.pg_type import PgType, as_text

Texts = st.SearchStrategy[str]

# PostgreSQL has no order for these, so they are in no key; of arrays, those that it would compare by such an element.
_KEYLESS = (
    "json",
    "xml",
    "jsonpath",
    "lquery",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "xid",
    "cid",
)
_KEYLESS_BEGINNINGS = ("pg_snapshot", "txid_snapshot", "json[", "point[", "box[", "int2vector")
_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@dataclass(frozen=True)
class ColumnType:
    """A type and its values; `can_be_key` says whether PostgreSQL can compare them."""

    kind: PgType
    values: Texts

    @property
    def can_be_key(self) -> bool:
        """Whether a primary key may have it."""
        return self.kind.declared not in _KEYLESS and not self.kind.declared.startswith(_KEYLESS_BEGINNINGS)


def column_types(missing: set[str]) -> st.SearchStrategy[ColumnType]:
    """Every type of the catalogue that the server has with its edge values, and types made up with random ones."""
    known = [
        ColumnType(kind, st.sampled_from([edge.text for edge in kind.edges if edge.text is not None]))
        for family, kinds in FAMILIES.items()
        for kind in kinds
        if family != "sizes" and kind.given and kind.name not in missing
    ]
    made_up = st.one_of(*(make() for make in _MADE_UP))
    return st.one_of(st.sampled_from(known), made_up, made_up)


def _integers() -> st.SearchStrategy[ColumnType]:
    sizes = {"smallint": ("NUMBER(5,0)", 15), "integer": ("NUMBER(10,0)", 31), "bigint": ("NUMBER(19,0)", 63)}
    return st.sampled_from(sorted(sizes)).map(
        lambda name: ColumnType(
            PgType(name, sizes[name][0], INTEGER, ()),
            st.integers(-(2 ** sizes[name][1]), 2 ** sizes[name][1] - 1).map(str),
        )
    )


@st.composite
def _numerics(draw: st.DrawFn) -> ColumnType:
    precision = draw(st.integers(1, 45))
    scale = draw(st.integers(0, precision))
    declared = f"numeric({precision},{scale})"
    digits = st.integers(-(10**precision) + 1, 10**precision - 1)
    values = st.one_of(digits.map(lambda number: f"{number}e-{scale}"), st.just("NaN"))
    if precision > 38 or scale > 37:
        return ColumnType(as_text(declared), values)
    return ColumnType(PgType(declared, f"NUMBER({declared[8:-1]})", NUMBER, ()), values)


def _free_numerics() -> st.SearchStrategy[ColumnType]:
    return st.just(ColumnType(as_text("numeric"), st.decimals(allow_infinity=False).map(str)))


@st.composite
def _strings(draw: st.DrawFn) -> ColumnType:
    length = draw(st.integers(1, 12))
    declared = draw(st.sampled_from(["text", f"varchar({length})", f"char({length})"]))
    return ColumnType(as_text(declared), _TEXT.map(lambda text: text if declared == "text" else text[:length]))


@st.composite
def _moments(draw: st.DrawFn) -> ColumnType:
    form, name, target, values = draw(st.sampled_from(_MOMENTS))
    digits = draw(st.integers(0, 6))
    declared = name if name == "date" else f"{name}({digits})"
    return ColumnType(PgType(declared, target, form, ()), values)


_MOMENTS = [
    (DATE, "date", "DATE", st.one_of(st.dates().map(str), st.just("infinity"))),
    (TIME, "time", "TIME(6)", st.times().map(str)),
    (TIMESTAMP, "timestamp", "TIMESTAMP_NTZ(6)", st.one_of(st.datetimes().map(str), st.just("-infinity"))),
    (
        TIMESTAMPTZ,
        "timestamptz",
        "TIMESTAMP_TZ(6)",
        st.builds(lambda moment, hours: f"{moment}{hours:+03d}", st.datetimes(), st.integers(-12, 14)),
    ),
]


def _documents() -> st.SearchStrategy[ColumnType]:
    numbers = st.one_of(st.integers(-(10**40), 10**40), st.floats(allow_nan=False, allow_infinity=False))
    leaves = st.one_of(st.none(), st.booleans(), numbers, _TEXT)
    document = st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4)),
        max_leaves=8,
    )
    values = st.builds(lambda value, ascii_only: json.dumps(value, ensure_ascii=ascii_only), document, st.booleans())
    return st.sampled_from(["json", "jsonb"]).map(lambda name: ColumnType(PgType(name, "VARIANT", JSON, ()), values))


@st.composite
def _arrays(draw: st.DrawFn) -> ColumnType:
    declared, form, items = draw(
        st.sampled_from(
            [
                ("integer[]", JSON_NUMBER, st.integers(-(2**31), 2**31 - 1).map(str)),
                ("numeric[]", JSON_NUMBER, st.decimals(allow_infinity=False, allow_nan=False, places=3).map(str)),
                ("text[]", TEXT, _TEXT.map(_quoted)),
                ("date[]", DATE, st.dates().map(str)),
            ]
        )
    )
    items = st.one_of(st.just("NULL"), items)
    flat = st.lists(items, max_size=4).map(lambda found: "{" + ",".join(found) + "}")
    square = st.lists(st.tuples(items, items), min_size=1, max_size=3).map(
        lambda rows: "{" + ",".join("{" + ",".join(row) + "}" for row in rows) + "}"
    )
    return ColumnType(PgType(declared, "VARIANT", array_of(form), ()), st.one_of(flat, square))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_MADE_UP: list[Callable[[], st.SearchStrategy[ColumnType]]] = [
    _integers, _numerics, _free_numerics, _strings, _moments, _documents, _arrays,
]  # fmt: skip

"""Every PostgreSQL type with its edge values, in one table for each family; a row holds one edge value of each type."""

import re
from collections.abc import Sequence

from tests.system.types.families.arrays import ARRAYS
from tests.system.types.families.numbers import NUMBERS
from tests.system.types.families.others import OTHERS
from tests.system.types.families.sizes import SIZES
from tests.system.types.families.structures import STRUCTURES
from tests.system.types.families.texts import TEXTS
from tests.system.types.families.times import TIMES
from tests.system.types.forms import DATE
from tests.system.types.pg_type import PgType, edges, refused

FAMILIES: dict[str, Sequence[PgType]] = {
    "numbers": NUMBERS,
    "texts": TEXTS,
    "times": TIMES,
    "structures": STRUCTURES,
    "arrays": ARRAYS,
    "others": OTHERS,
    "sizes": SIZES,
}
EXTENSIONS = ("citext", "hstore", "ltree")
# The catalogue's own types, in a schema that its columns name.
OWN_TYPES = """
CREATE SCHEMA kinds;
CREATE DOMAIN kinds.quantity AS integer CHECK (VALUE >= 0);
CREATE DOMAIN kinds.amount AS numeric(12,2);
CREATE DOMAIN kinds.price AS kinds.amount;
CREATE DOMAIN kinds.email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN kinds.birthday AS date;
CREATE DOMAIN kinds.settings AS jsonb;
CREATE DOMAIN kinds.tags AS integer[];
CREATE TYPE kinds.mood AS ENUM ('sad', 'so so', 'it''s, "fine"', 'happy 😀', '');
CREATE DOMAIN kinds.good_mood AS kinds.mood CHECK (VALUE > 'sad');
CREATE TYPE kinds.place AS (id integer, label text, day date);
CREATE DOMAIN kinds.spot AS kinds.place;
CREATE TYPE kinds.text_range AS RANGE (subtype = text, multirange_type_name = kinds.text_multirange);
"""
_LONG = "n" * 60
HOSTILE_NAMES = [
    "select", "TABLE", "Order", "Mixed Case", 'quo"te', "o'clock", "semi;colon", "a.b", "a b", " a", "--x",
    "/*", "$1", "%s", "%%",
    "{c}", "{{ x }}", "back\\slash", "a,b", "ünïcödé", "☃😀", "e\u0301", "0", "_x", "xmin_", "t1", "h1", "s", "t",
    _LONG, "null", "true", "column1", ":batch",
]  # fmt: skip


def column_names(types: Sequence[PgType]) -> list[str]:
    """A plain name for each type's column."""
    names = [re.sub(r"\W+", "_", one.name.lower()).strip("_") for one in types]
    return [f"{name}_{position}" for position, name in enumerate(names, 1)]


def day_column() -> PgType:
    """What is behind each hostile name: values that are held and one that is not."""
    return PgType("date", "DATE", DATE, edges("2024-02-29", *refused("infinity", "0044-03-15 BC")))

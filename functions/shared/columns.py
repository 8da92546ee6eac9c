"""How one Aurora column travels: its text in the exported file, its type in FINAL, and the cast between the two.

The file carries engine-neutral text (ISO dates in UTC, hexadecimal bytes, JSON arrays). Where Snowflake has no such
value (infinity, BC, 24:00), the text starts with `!`, which no cast accepts: the row is quarantined, not altered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from functions.shared.naming import fold, quote

_NUMBER_MAX_PRECISION = 38
_INTEGERS = {"int2": "NUMBER(5,0)", "int4": "NUMBER(10,0)", "int8": "NUMBER(19,0)"}
_DAY = "to_char({c}, 'YYYY-MM-DD')"
_MOMENT = "to_char({c}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
_INSTANT = "to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
_EXPORTS = {
    "bpchar": "{c}",  # a cast to text would strip the padding
    "bytea": "encode({c}, 'hex')",
    "float4": "CASE {c} WHEN 'Infinity' THEN 'inf' WHEN '-Infinity' THEN '-inf' ELSE {c}::text END",
    "float8": "CASE {c} WHEN 'Infinity' THEN 'inf' WHEN '-Infinity' THEN '-inf' ELSE {c}::text END",
    "time": "CASE WHEN {c} < '24:00' THEN {c}::text ELSE '!' || {c}::text END",
    "date": f"CASE WHEN {{c}} BETWEEN '0001-01-01' AND '9999-12-31' THEN {_DAY} ELSE '!' || {{c}}::text END",
    "timestamp": (
        f"CASE WHEN {{c}} >= '0001-01-01' AND {{c}} < '10000-01-01' THEN {_MOMENT} ELSE '!' || {{c}}::text END"
    ),
    "timestamptz": (
        f"CASE WHEN {{c}} >= '0001-01-01 00:00:00+00' AND {{c}} < '10000-01-01 00:00:00+00' "
        f"THEN {_INSTANT} ELSE '!' || {{c}}::text END"
    ),
}
_TARGETS = {
    **_INTEGERS,
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


@dataclass(frozen=True)
class Column:
    """One column: its Aurora name, base type (domains resolved) and type modifier, and whether NULL may occur."""

    name: str
    type_name: str
    modifier: int
    not_null: bool
    is_array: bool = False

    @property
    def target_name(self) -> str:
        """Its name in STAGING and FINAL."""
        return fold(self.name)

    @property
    def identifier(self) -> str:
        """Its quoted name in Snowflake's SQL."""
        return quote(self.target_name)

    @property
    def target_type(self) -> str:
        """Its type in FINAL; what has no lossless Snowflake type stays text."""
        if self.is_array:
            return "VARIANT"
        if self.type_name == "numeric":
            return self._numeric_type()
        return _TARGETS.get(self.type_name, "VARCHAR")

    def _numeric_type(self) -> str:
        if self.modifier < 0:
            return "VARCHAR"  # any precision and scale: no NUMBER holds it
        # numeric's modifier packs precision and an 11-bit signed scale (postgresql.org, numeric.c)
        packed = self.modifier - 4
        precision, scale = packed >> 16 & 0xFFFF, packed & 0x7FF
        scale = scale - 2048 if scale >= 1024 else scale
        fits = 0 <= scale <= precision <= _NUMBER_MAX_PRECISION
        return f"NUMBER({precision},{scale})" if fits else "VARCHAR"

    def cast(self, text: str) -> str:
        """Snowflake SQL that turns the exported text into the FINAL type, NULL where it does not cast."""
        kind = self.target_type
        if kind == "VARCHAR":
            return text
        if kind == "VARIANT":
            return f"TRY_PARSE_JSON({text})"
        if kind == "BINARY":
            return f"TRY_TO_BINARY({text}, 'HEX')"
        return f"TRY_CAST({text} AS {kind})"

    @property
    def export(self) -> sql.Composable:
        """Aurora SQL of its text in the exported file."""
        template = "to_json({c})::text" if self.is_array else _EXPORTS.get(self.type_name, "{c}::text")
        return sql.SQL(template).format(c=sql.Identifier(self.name))

    def to_json(self) -> list[Any]:
        """The form in which it travels through the workflow."""
        return [self.name, self.type_name, self.modifier, self.not_null, self.is_array]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> "Column":
        """The inverse of `to_json`."""
        return cls(*value)


def export_list(columns: Sequence[Column]) -> sql.Composable:
    """The select list of an export: the columns' texts, in STAGING's order."""
    named = sql.SQL("{} AS {}")
    return sql.SQL(", ").join(named.format(column.export, sql.Identifier(column.name)) for column in columns)

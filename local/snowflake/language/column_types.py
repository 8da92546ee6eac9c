"""Column types as Snowflake writes them: NUMBER(38,0), VARCHAR(16777216), TIMESTAMP_NTZ(9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.expressions import DataType

from local.snowflake.language.errors import compilation_error, not_supported

LONGEST_VARCHAR = 16777216
LONGEST_BINARY = 8388608

_T = DataType.Type
_NAMES = {
    **dict.fromkeys((_T.DECIMAL, _T.INT, _T.BIGINT, _T.SMALLINT, _T.TINYINT), "NUMBER"),
    **dict.fromkeys((_T.FLOAT, _T.DOUBLE), "FLOAT"),
    **dict.fromkeys((_T.VARCHAR, _T.TEXT, _T.NVARCHAR, _T.CHAR, _T.NCHAR), "VARCHAR"),
    **dict.fromkeys((_T.BINARY, _T.VARBINARY), "BINARY"),
    **dict.fromkeys((_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME), "TIMESTAMP_NTZ"),
    _T.TIMESTAMPTZ: "TIMESTAMP_TZ",
    _T.TIMESTAMPLTZ: "TIMESTAMP_LTZ",
    _T.BOOLEAN: "BOOLEAN",
    _T.DATE: "DATE",
    _T.TIME: "TIME",
    _T.VARIANT: "VARIANT",
    _T.OBJECT: "OBJECT",
    _T.ARRAY: "ARRAY",
}
_DEFAULTS = {
    "NUMBER": (38, 0),
    "VARCHAR": (LONGEST_VARCHAR,),
    "BINARY": (LONGEST_BINARY,),
    "TIME": (9,),
    "TIMESTAMP_NTZ": (9,),
    "TIMESTAMP_LTZ": (9,),
    "TIMESTAMP_TZ": (9,),
}
_IN_SNOWFLAKE = {
    "BIGINT": "NUMBER",
    "INTEGER": "NUMBER",
    "HUGEINT": "NUMBER",
    "DOUBLE": "FLOAT",
    "BLOB": "BINARY",
    "JSON": "VARIANT",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ",
}
_IN_DUCKDB = {
    "FLOAT": "DOUBLE",
    "BINARY": "BLOB",
    "VARIANT": "JSON",
    "OBJECT": "JSON",
    "ARRAY": "JSON",
    "TIMESTAMP_NTZ": "TIMESTAMP",
    "TIMESTAMP_LTZ": "TIMESTAMPTZ",
    "TIMESTAMP_TZ": "TIMESTAMPTZ",
}
_PARTS = re.compile(r"([A-Z_ ]+?)(?:\(([\d, ]+)\))?")


@dataclass(frozen=True)
class ColumnType:
    """`sizes` are precision and scale, a length in characters or bytes, or digits of a second."""

    name: str
    sizes: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({','.join(str(size) for size in self.sizes)})" if self.sizes else self.name

    @property
    def stored(self) -> str:
        """The type that DuckDB stores it as."""
        return f"DECIMAL{self.sizes}" if self.name == "NUMBER" else _IN_DUCKDB.get(self.name, self.name)


def require_number(precision: int, scale: int) -> None:
    """Raises ProgrammingError for a precision or scale that NUMBER does not have."""
    if not 1 <= precision <= 38:
        raise compilation_error(f"Invalid number precision: {precision}. Must be between 0 and 38.", 1008, "42601")
    if not 0 <= scale <= min(precision, 37):
        raise compilation_error(f"Invalid number scale: {scale}. Must be between 0 and 37.", 1008, "42601")


def declared_type(kind: exp.DataType) -> ColumnType:
    """A type as a statement gives it, with Snowflake's defaults filled in.

    Raises ProgrammingError for a type that the stand-in does not have.
    """
    name = _NAMES.get(kind.this)
    if name is None:
        raise not_supported(f"data type {kind.sql(dialect='snowflake')}")
    given = tuple(int(parameter.name) for parameter in kind.expressions)
    if kind.this in (_T.CHAR, _T.NCHAR) and not given:
        given = (1,)
    sizes = given + _DEFAULTS.get(name, ())[len(given) :]
    if name == "NUMBER":
        require_number(sizes[0], sizes[1])
    return ColumnType(name, sizes)


def stored_type(text: str) -> ColumnType:
    """The Snowflake type of a column whose declaration was not kept, by DuckDB's type."""
    name, sizes = _parts(text)
    name = "NUMBER" if name == "DECIMAL" else _IN_SNOWFLAKE.get(name, name)
    return ColumnType(name, sizes or _DEFAULTS.get(name, ()))


def read_type(text: str) -> ColumnType:
    """The type that `str` wrote."""
    return ColumnType(*_parts(text))


def _parts(text: str) -> tuple[str, tuple[int, ...]]:
    found = _PARTS.fullmatch(text)
    if found is None:
        return text, ()
    return found[1], tuple(int(size) for size in found[2].split(",")) if found[2] else ()

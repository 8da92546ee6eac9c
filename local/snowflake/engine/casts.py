"""Snowflake's TRY_ conversions as DuckDB macros: text that Snowflake would not convert becomes NULL, never a guess."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import Expr, exp
from sqlglot.expressions import DataType

from local.snowflake.language.column_types import LONGEST_BINARY

MACRO_SCHEMA = ("_fs_global", "main")

_DATE = r"(\d{3}[1-9]|\d\d[1-9]\d|\d[1-9]\d\d|[1-9]\d{3})-\d{1,2}-\d{1,2}"
_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{0,9})?)?"
_ZONE = r"\s?([+-]\d{1,2}(:?\d{2})?|[Zz]|UTC)"
_ZONE_AT_END = rf"(\d)({_ZONE})$"
_NUMBER = r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"

# The year is 0001 to 9999: DuckDB would also take infinity, BC and five digits, which Snowflake cannot hold.
MACROS = rf"""
CREATE OR REPLACE MACRO _fs_global.main._sf_try_date(x) AS (
    CASE WHEN regexp_full_match(x::VARCHAR, '{_DATE}([ T]{_TIME}({_ZONE})?)?')
    THEN TRY_CAST(regexp_extract(x::VARCHAR, '^{_DATE}') AS DATE) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_try_timestamp_ntz(x) AS (
    CASE WHEN regexp_full_match(x::VARCHAR, '{_DATE}([ T]{_TIME}({_ZONE})?)?')
    THEN TRY_CAST(CASE WHEN contains(x::VARCHAR, ':') THEN regexp_replace(x::VARCHAR, '{_ZONE_AT_END}', '\1')
        ELSE x::VARCHAR END AS TIMESTAMP) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_try_timestamp_tz(x) AS (
    CASE WHEN regexp_full_match(x::VARCHAR, '{_DATE}([ T]{_TIME}({_ZONE})?)?')
    THEN TRY_CAST(regexp_replace(x::VARCHAR, '\s([+-]\d{{1,2}}(:?\d{{2}})?|[Zz]|UTC)$', '\1') AS TIMESTAMPTZ) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_try_time(x) AS (
    CASE WHEN regexp_full_match(x::VARCHAR, '{_TIME}') THEN TRY_CAST(x::VARCHAR AS TIME) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_try_boolean(x) AS (
    CASE WHEN lower(trim(x::VARCHAR)) IN ('true', 't', 'yes', 'y', 'on', '1') THEN TRUE
         WHEN lower(trim(x::VARCHAR)) IN ('false', 'f', 'no', 'n', 'off', '0') THEN FALSE END);
CREATE OR REPLACE MACRO _fs_global.main._sf_number_text(x) AS (
    CASE WHEN regexp_full_match(x::VARCHAR, '{_NUMBER}') THEN x::VARCHAR END);
CREATE OR REPLACE MACRO _fs_global.main._sf_try_float(x) AS (
    CASE WHEN regexp_full_match(x::VARCHAR, '{_NUMBER}') AND isfinite(TRY_CAST(x::VARCHAR AS DOUBLE))
         OR lower(x::VARCHAR) IN ('nan', 'inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity')
    THEN TRY_CAST(x::VARCHAR AS DOUBLE) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_try_binary(x) AS (
    CASE WHEN length(x::VARCHAR) <= {2 * LONGEST_BINARY}
        AND regexp_full_match(x::VARCHAR, '([0-9A-Fa-f][0-9A-Fa-f])*') THEN TRY(unhex(x::VARCHAR)) END);
"""

_TYPED = {
    DataType.Type.DATE: "_sf_try_date",
    DataType.Type.TIMESTAMP: "_sf_try_timestamp_ntz",
    DataType.Type.TIMESTAMPNTZ: "_sf_try_timestamp_ntz",
    DataType.Type.TIMESTAMPTZ: "_sf_try_timestamp_tz",
    DataType.Type.TIMESTAMPLTZ: "_sf_try_timestamp_tz",
    DataType.Type.TIME: "_sf_try_time",
    DataType.Type.BOOLEAN: "_sf_try_boolean",
    DataType.Type.FLOAT: "_sf_try_float",
    DataType.Type.DOUBLE: "_sf_try_float",
    DataType.Type.BINARY: "_sf_try_binary",
    DataType.Type.VARBINARY: "_sf_try_binary",
}

_NUMBERS = {
    DataType.Type.DECIMAL,
    DataType.Type.INT,
    DataType.Type.BIGINT,
    DataType.Type.SMALLINT,
    DataType.Type.TINYINT,
}

_FUNCTIONS = {
    "TRY_TO_DATE": "_sf_try_date",
    "TRY_TO_TIME": "_sf_try_time",
    "TRY_TO_TIMESTAMP": "_sf_try_timestamp_ntz",
    "TRY_TO_TIMESTAMP_NTZ": "_sf_try_timestamp_ntz",
    "TRY_TO_TIMESTAMP_TZ": "_sf_try_timestamp_tz",
    "TRY_TO_TIMESTAMP_LTZ": "_sf_try_timestamp_tz",
    "TRY_TO_BOOLEAN": "_sf_try_boolean",
    "TRY_TO_DOUBLE": "_sf_try_float",
}


def macro(name: str, *arguments: Expr) -> Expr:
    """A call of one of this package's macros, qualified so that it is found in every database."""
    call: Expr = exp.Anonymous(this=name, expressions=list(arguments))
    for part in reversed(MACRO_SCHEMA):
        call = exp.Dot(this=exp.to_identifier(part, quoted=True), expression=call)
    return call


def try_conversions(node: Expr) -> Expr:
    """Rewrite one TRY_ conversion; every other node is returned unchanged."""
    rewrite = _REWRITES.get(type(node))
    return node if rewrite is None else rewrite(node)


def _try_cast(node: Expr) -> Expr:
    kind = node.args["to"].this
    if kind in _TYPED:
        return macro(_TYPED[kind], node.this)
    if kind in _NUMBERS and not _is_number_text(node.this):
        return exp.TryCast(this=macro("_sf_number_text", node.this), to=node.args["to"])
    return node


def _to_number(node: Expr) -> Expr:
    if node.args.get("safe") and not _is_number_text(node.this):
        node.set("this", macro("_sf_number_text", node.this))
    return node


def _to_boolean(node: Expr) -> Expr:
    return macro("_sf_try_boolean", node.this) if node.args.get("safe") else node


def _to_binary(node: Expr) -> Expr:
    encoding = node.args.get("format")
    is_hex = encoding is None or encoding.name.upper() == "HEX"
    return macro("_sf_try_binary", node.this) if node.args.get("safe") and is_hex else node


def _named(node: Expr) -> Expr:
    name = _FUNCTIONS.get(node.name.upper())
    return macro(name, node.expressions[0]) if name and len(node.expressions) == 1 else node


def _is_number_text(node: Expr) -> bool:
    return isinstance(node, exp.Dot) and "_sf_number_text" in node.sql()


_REWRITES: dict[type[Expr], Callable[[Expr], Expr]] = {
    exp.TryCast: _try_cast,
    exp.ToNumber: _to_number,
    exp.ToBoolean: _to_boolean,
    exp.ToBinary: _to_binary,
    exp.Anonymous: _named,
}

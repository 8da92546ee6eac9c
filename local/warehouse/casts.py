"""Snowflake's TRY_ conversions as DuckDB macros: text that Snowflake would not convert becomes NULL, never a guess."""

from __future__ import annotations

from sqlglot import Expr, exp
from sqlglot.expressions import DataType

MACRO_SCHEMA = ("_fs_global", "main")

_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{0,9})?)?"
_ZONE = r"\s?([+-]\d{1,2}(:?\d{2})?|[Zz]|UTC)"
_ZONE_AT_END = rf"(\d)({_ZONE})$"
_NUMBER = r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"

# The year is bounded by four digits: DuckDB would also take infinity, BC and five digits, which Snowflake cannot hold.
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
    CASE WHEN regexp_full_match(x::VARCHAR, '([0-9A-Fa-f][0-9A-Fa-f])*') THEN TRY(unhex(x::VARCHAR)) END);
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
    """A call of one of this package's macros, qualified so that it binds whatever the session's database is."""
    call: Expr = exp.Anonymous(this=name, expressions=list(arguments))
    for part in reversed(MACRO_SCHEMA):
        call = exp.Dot(this=exp.to_identifier(part, quoted=True), expression=call)
    return call


def try_conversions(node: Expr) -> Expr:
    """Rewrite one TRY_ conversion; every other node is returned as it is."""
    if isinstance(node, exp.TryCast):
        kind = node.to.this
        if kind in _TYPED:
            return macro(_TYPED[kind], node.this)
        if kind in _NUMBERS and not _is_number_text(node.this):
            return exp.TryCast(this=macro("_sf_number_text", node.this), to=node.to)
    if isinstance(node, exp.ToNumber) and node.args.get("safe") and not _is_number_text(node.this):
        node.set("this", macro("_sf_number_text", node.this))
    if isinstance(node, exp.ToBinary) and node.args.get("safe"):
        encoding = node.args.get("format")
        if encoding is None or encoding.name.upper() == "HEX":
            return macro("_sf_try_binary", node.this)
    if isinstance(node, exp.Anonymous) and len(node.expressions) == 1 and node.name.upper() in _FUNCTIONS:
        return macro(_FUNCTIONS[node.name.upper()], node.expressions[0])
    return node


def _is_number_text(node: Expr) -> bool:
    return isinstance(node, exp.Dot) and "_sf_number_text" in node.sql()

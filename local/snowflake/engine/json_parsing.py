r"""PARSE_JSON and TRY_PARSE_JSON as DuckDB macros.

DuckDB's own cast to JSON keeps a text unchanged, but takes duplicate keys, NaN and Infinity, and numbers of any length.
"""

from __future__ import annotations

from sqlglot import Expr, exp

from local.snowflake.engine.casts import macro
from local.snowflake.language.errors import not_supported

_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?[0-9][-+.0-9eE]*"
# A cheap test that is true for every text with a number that does not fit NUMBER(38, 37), and for NaN and Infinity.
_SUSPECT = r"[0-9][0-9.]{37}|[0-9][eE]|(?i:nan|inf)"

# A fixed-point number is exact; every other is a double, which Snowflake writes with 15 decimals.
_CONVERTED = f"""
    CASE WHEN starts_with(part, '"') THEN part ELSE array_to_string(list_transform(
        regexp_extract_all(part, '{_NUMBER}|[^-0-9]+|-'),
        lambda piece: CASE
            WHEN NOT regexp_matches(piece, '[0-9]') THEN piece
            WHEN regexp_full_match(piece, '-?[0-9]+(\\.[0-9]{{1,37}})?')
                AND length(regexp_replace(regexp_replace(piece, '^-?0?', ''), '\\.', '')) <= 38 THEN piece
            ELSE printf('%.15e', CAST(piece AS DOUBLE)) END), '') END"""

_TWICE = "len({keys}) <> len(list_distinct({keys}))"
_INNER_TWICE = f"""len(list_filter(CAST(json_keys(x, '$..*') AS VARCHAR[][]),
        lambda keys: {_TWICE.format(keys="keys")})) > 0"""

MACROS = f"""
CREATE OR REPLACE MACRO _fs_global.main._sf_json_numbers(x) AS (
    list_transform(regexp_extract_all(x, '{_STRING}|[^"]+'), lambda part: {_CONVERTED}));
CREATE OR REPLACE MACRO _fs_global.main._sf_json_of_parts(parts) AS (
    CASE WHEN len(list_filter(parts, lambda part: NOT starts_with(part, '"') AND regexp_matches(part, '(?i:nan|inf)')))
        = 0 THEN array_to_string(parts, '') END);
CREATE OR REPLACE MACRO _fs_global.main._sf_json_key_twice(x) AS (
    contains(x, '{{') AND ({_TWICE.format(keys="CAST(json_keys(x) AS VARCHAR[])")}
        OR (regexp_matches(x, '\\{{[^{{]*\\{{|\\[[^{{]*\\{{') AND {_INNER_TWICE})));
CREATE OR REPLACE MACRO _fs_global.main._sf_try_parse_json(x) AS (
    CASE WHEN TRY_CAST(x AS JSON) IS NULL OR _fs_global.main._sf_json_key_twice(TRY_CAST(x AS JSON)) THEN NULL
        WHEN regexp_matches(x, '{_SUSPECT}')
        THEN CAST(_fs_global.main._sf_json_of_parts(_fs_global.main._sf_json_numbers(x)) AS JSON)
        ELSE TRY_CAST(x AS JSON) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_parse_json(x) AS (
    CASE WHEN regexp_full_match(x, '\\s*') THEN NULL
        WHEN x IS NOT NULL AND _fs_global.main._sf_try_parse_json(x) IS NULL
        THEN CAST(error('Error parsing JSON: ' || left(x, 100)) AS JSON)
        ELSE _fs_global.main._sf_try_parse_json(x) END);
CREATE OR REPLACE MACRO _fs_global.main._sf_to_json(x) AS (
    CASE WHEN typeof(x) = 'JSON' THEN CAST(x AS VARCHAR) ELSE CAST(to_json(x) AS VARCHAR) END);
"""


def parse_json(expression: Expr) -> Expr:
    """The macro for a call of PARSE_JSON or TRY_PARSE_JSON; every other node is returned unchanged."""
    if not isinstance(expression, exp.ParseJSON):
        return expression
    if expression.expression is not None and expression.expression.name.lower() != "s":
        raise not_supported("PARSE_JSON that allows duplicate keys")
    name = "_sf_try_parse_json" if expression.args.get("safe") else "_sf_parse_json"
    text = expression.this.transform(parse_json, copy=False)
    return macro(name, exp.cast(text, exp.DataType.build("VARCHAR")))

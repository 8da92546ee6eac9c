"""Every change to fakesnow, in one place; `apply` installs them. Each has its test in test_overrides.py."""

from __future__ import annotations

from collections import OrderedDict
from importlib.metadata import version
from itertools import pairwise
from string import Template
from typing import Any

import fakesnow.arrow
import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.rowtype
import fakesnow.transforms
import fakesnow.variables
import pyarrow as pa
import pyarrow.compute as pc
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr, exp, parse_one
from sqlglot.expressions import DataType

from local.snowflake.engine.casts import macro
from local.snowflake.engine.json_parsing import parse_json
from local.snowflake.language.column_types import declared_type
from local.snowflake.language.scanner import tokenize

FAKESNOW = "0.12.1"
CONNECTOR = "4.8.1"

_original_struct = fakesnow.arrow.timestamp_to_sf_struct
_original_agg = fakesnow.transforms.numeric_agg_implicit_cast
_original_object_construct = fakesnow.transforms.object_construct
_original_array_agg = fakesnow.transforms.array_agg
_original_to_timestamp = fakesnow.transforms.to_timestamp


def assert_versions() -> None:
    """Raises RuntimeError for other versions: the overrides change private parts of these."""
    for package, wanted in (("fakesnow", FAKESNOW), ("snowflake-connector-python", CONNECTOR)):
        found = version(package)
        if found != wanted:
            raise RuntimeError(
                f"The laptop's Snowflake needs {package} {wanted}, found {found}: install the pinned requirements."
            )


def timestamps_with_nulls(ts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """fakesnow drops the null mask, so a NULL timestamp would arrive as 1970-01-01."""
    if isinstance(ts, pa.ChunkedArray):
        ts = ts.combine_chunks()
    if ts.type.tz:
        ts = ts.cast(pa.timestamp(ts.type.unit, "UTC"))
    struct = _original_struct(ts.fill_null(pa.scalar(0, pa.int64()).cast(ts.type)))
    return pa.StructArray.from_arrays(struct.flatten(), fields=list(struct.type), mask=pc.is_null(ts))


def native_merge(expression: Expr) -> list[Expr]:
    """fakesnow splits MERGE into several statements, which is neither atomic nor possible in a transaction."""
    return [expression]


def exact_aggregates(expression: Expr) -> Expr:
    """fakesnow casts SUM's argument to DOUBLE, which rounds; DuckDB's COUNT_IF of no rows is NULL, Snowflake's is 0."""
    if isinstance(expression, exp.CountIf) and not isinstance(expression.parent, exp.Window):
        return exp.Coalesce(this=expression.copy(), expressions=[exp.Literal.number(0)])
    is_aggregate = isinstance(expression, fakesnow.transforms.transforms._NUMERIC_ONLY_AGGS)
    argument = expression.this.copy() if is_aggregate else None
    result = _original_agg(expression)
    if argument is not None:
        expression.set("this", argument)
    return result


def sized_types(expression: Expr) -> Expr:
    """fakesnow makes NUMBER(38,0) a BIGINT, which cannot hold 38 digits, and leaves BINARY its length."""
    whole = (DataType.Type.INT, DataType.Type.BIGINT, DataType.Type.SMALLINT, DataType.Type.TINYINT)
    if isinstance(expression, exp.DataType) and (
        expression.this in whole or (expression.this == DataType.Type.DECIMAL and not expression.expressions)
    ):
        return exp.DataType.build("DECIMAL(38, 0)")
    if isinstance(expression, exp.DataType) and expression.this == DataType.Type.DECIMAL:
        declared_type(expression)
    if isinstance(expression, exp.DataType) and expression.this in (DataType.Type.BINARY, DataType.Type.VARBINARY):
        return exp.DataType.build("BLOB", dialect="duckdb")
    return expression


def object_with_nulls(expression: Expr) -> Expr:
    """fakesnow builds OBJECT_CONSTRUCT_KEEP_NULL with a correlated subquery, too slow for a view over every row."""
    if isinstance(expression, exp.JSONObject) and all(
        isinstance(pair, exp.JSONKeyValue) for pair in expression.expressions
    ):
        flat = [side for pair in expression.expressions for side in (pair.this, pair.expression)]
        return exp.Anonymous(this="JSON_OBJECT", expressions=flat)
    return _original_object_construct(expression)


def array_without_nulls(expression: Expr) -> Expr:
    """fakesnow keeps NULLs in an ordered ARRAY_AGG and answers NULL for no rows; Snowflake answers []."""
    if isinstance(expression, exp.ArrayAgg) and not isinstance(expression.parent, (exp.Window, exp.WithinGroup)):
        listed = parse_one("TO_JSON(COALESCE(LIST_FILTER(x, _v -> NOT _v IS NULL), []))", read="duckdb")
        next(listed.find_all(exp.Column)).replace(expression.copy())
        return listed
    return _original_array_agg(expression)


def timestamp_casts(expression: Expr) -> Expr:
    """fakesnow's cast macro is found only while a database is in use; a plain cast needs it for numbers alone."""
    if isinstance(expression, exp.Cast) and expression.to.this in (DataType.Type.TIMESTAMP, DataType.Type.TIMESTAMPNTZ):
        expression.set("to", exp.DataType.build("TIMESTAMP"))
        return expression
    rewritten = _original_to_timestamp(expression)
    if rewritten is not expression and isinstance(rewritten, exp.Anonymous):
        return macro("_fs_to_timestamp", *rewritten.expressions)
    return rewritten


def _escape(text: str) -> str:
    return text.replace("'", "''")


def insert_table_comment_sql(catalog: str, schema: str, table: str, comment: str) -> str:
    """fakesnow does not escape names and comments."""
    return str(_original_comment_sql(_escape(catalog), _escape(schema), _escape(table), _escape(comment or "")))


def insert_text_lengths_sql(catalog: str, schema: str, table: str, text_lengths: list[tuple[str, int]]) -> str:
    """fakesnow does not escape names."""
    escaped = [(_escape(column), size) for column, size in text_lengths]
    return str(_original_lengths_sql(_escape(catalog), _escape(schema), _escape(table), escaped))


_original_comment_sql = fakesnow.info_schema.insert_table_comment_sql
_original_lengths_sql = fakesnow.info_schema.insert_text_lengths_sql


class EscapedTemplate(Template):
    """fakesnow does not escape names in the messages that it selects."""

    def substitute(self, *_: Any, **names: Any) -> str:
        """The message, with every name escaped for a literal."""
        return super().substitute({key: _escape(str(value)) for key, value in names.items()})


def inline_variables(self: Any, sql: str) -> str:
    """fakesnow looks for $name by regular expression, inside literals and quoted names too."""
    if "$" not in sql:
        return sql
    tokens = tokenize(sql)
    pieces, last = [], 0
    for sign, name in pairwise(tokens):
        if sql[sign.start : sign.end + 1] != "$" or name.start != sign.end + 1 or name.text.isdigit():
            continue
        values = {key.upper(): value for key, value in self._variables.items()}
        if name.text.upper() not in values:
            raise ProgrammingError(
                msg=f"SQL compilation error:\nSession variable '${name.text.upper()}' does not exist",
                errno=2211,
                sqlstate="02000",
            )
        pieces += [sql[last : sign.start], values[name.text.upper()]]
        last = name.end + 1
    return "".join([*pieces, sql[last:]])


class RecentResults(OrderedDict[str, Any]):
    """fakesnow keeps every result for ever; nothing reads this cache, so a few are enough."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > 4:
            self.popitem(last=False)


def apply() -> None:
    """Install the overrides; calling it again changes nothing."""
    assert_versions()
    fakesnow.arrow.timestamp_to_sf_struct = timestamps_with_nulls
    transforms: Any = fakesnow.transforms
    transforms.merge = native_merge
    transforms.numeric_agg_implicit_cast = exact_aggregates
    transforms.integer_precision = sized_types
    transforms.object_construct = object_with_nulls
    transforms.array_agg = array_without_nulls
    transforms.to_timestamp = timestamp_casts
    transforms.try_parse_json = parse_json
    fakesnow.info_schema.insert_table_comment_sql = insert_table_comment_sql
    fakesnow.info_schema.insert_text_lengths_sql = insert_text_lengths_sql
    for name, template in list(vars(fakesnow.cursor).items()):
        if type(template) is Template:
            setattr(fakesnow.cursor, name, EscapedTemplate(template.template))
    variables: Any = fakesnow.variables.Variables
    variables.inline_variables = inline_variables
    fakesnow.rowtype.duckdb_to_sf_type.update(
        {"FLOAT": "real", "SMALLINT": "fixed", "TINYINT": "fixed", "UTINYINT": "fixed", "USMALLINT": "fixed"}
    )

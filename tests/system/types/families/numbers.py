"""Integers, numerics, floats, money."""

from tests.system.types.forms import DOUBLE, INTEGER, NUMBER, REAL
from tests.system.types.pg_type import PgType, as_text, edges, refused, shown

_ONES = "1" * 38
_NAN = refused("NaN")


def _numeric(precision: int, scale: int, *values: str) -> PgType:
    return PgType(f"numeric({precision},{scale})", f"NUMBER({precision},{scale})", NUMBER, edges("0", *values, *_NAN))


NUMBERS = [
    PgType("smallint", "NUMBER(5,0)", INTEGER, edges("0", "-1", "32767", "-32768")),
    PgType("integer", "NUMBER(10,0)", INTEGER, edges("0", "-1", "2147483647", "-2147483648")),
    PgType("bigint", "NUMBER(19,0)", INTEGER, edges("0", "9007199254740993", "9223372036854775807",
        "-9223372036854775808")),
    PgType("integer GENERATED ALWAYS AS IDENTITY", "NUMBER(10,0)", INTEGER, (), title="integer, identity",
        given=False),
    PgType("bigserial", "NUMBER(19,0)", INTEGER, (), given=False),
    PgType(
        "numeric(12,2) GENERATED ALWAYS AS (id * 1.005) STORED", "NUMBER(12,2)", NUMBER, (),
        title="numeric(12,2), generated", given=False,
    ),
    as_text(
        "numeric", "0", "1.50", "1.5", "-0.000", "0.1", "1e-20", "1e30", _ONES, _ONES + "1",
        _ONES + "." + _ONES, "-1e-1000",
        shown("9" * 1000, "1000 digits"), shown("1" * 131072, "131072 digits"), shown("0." + "1" * 16383,
        "16383 decimals"),
        "NaN", "Infinity", "-Infinity",
    ),
    _numeric(5, 0, "99999", "-99999"),
    _numeric(12, 2, "1.50", "-0.01", "9999999999.99", "-9999999999.99"),
    _numeric(18, 9, "0.000000001", "123456789.123456789"),
    _numeric(38, 0, "9" * 38, "-" + "9" * 38, "1" + "0" * 37),
    _numeric(38, 10, "9" * 28 + "." + "9" * 10, "0.0000000001"),
    _numeric(38, 37, "9." + "9" * 37, "-0." + "0" * 36 + "1"),
    _numeric(37, 37, "0." + "9" * 37, "-0." + "0" * 36 + "1"),
    as_text("numeric(38,38)", "0." + "9" * 38, "-0." + "0" * 37 + "1", "NaN"),
    as_text("numeric(39,0)", "0", "9" * 39, "-" + "9" * 39, "1" + "0" * 37, "NaN"),
    as_text("numeric(39,39)", "0." + "9" * 39, "0", "NaN"),
    as_text("numeric(1000,500)", "0", shown("9" * 500 + "." + "9" * 500, "1000 digits"), "NaN"),
    as_text("numeric(5,-2)", "0", "1234500", "9999900", "149", "NaN", since=15),
    as_text("numeric(3,5)", "0", "0.00999", "-0.00001", "NaN", since=15),
    PgType(
        "real", "FLOAT", REAL,
        edges("0", "-0", "0.1", "1e-45", "1.1754942e-38", "3.4028235e38", "16777217", "8388609.5", "NaN",
            "Infinity", "-Infinity"),
    ),
    PgType(
        "double precision", "FLOAT", DOUBLE,
        edges("0", "-0", "0.1", "0.30000000000000004", "5e-324", "2.2250738585072011e-308", "1.7976931348623157e308",
              "9007199254740993", "123456789.12345678", "1e22", "1e-7", "NaN", "Infinity", "-Infinity"),
    ),
    as_text("money", "0", "-1234.56", "92233720368547758.07", "-92233720368547758.08"),
    PgType("kinds.quantity", "NUMBER(10,0)", INTEGER, edges("0", "2147483647"), title="domain over integer"),
    PgType("kinds.price", "NUMBER(12,2)", NUMBER, edges("1.50", *_NAN),
        title="domain over domain over numeric(12,2)"),
]  # fmt: skip

"""Values at the very size that Snowflake takes, and one byte over; each in a row of its own."""

from tests.system.types.arrays import array_of
from tests.system.types.forms import BINARY, JSON, TEXT
from tests.system.types.pg_type import Edge, PgType

_TEXT = 16 * 1024 * 1024
_BYTES = _TEXT // 2


def _fits(called: str, expression: str) -> Edge:
    return Edge("", shown=called, expression=expression)


def _over(called: str, expression: str, held_as_text: bool = False) -> Edge:
    return Edge("", held=False, held_as_text=held_as_text, shown=called, expression=expression)


SIZES = [
    PgType(
        "text",
        "VARCHAR",
        TEXT,
        (
            _fits("16 MiB", f"repeat('x', {_TEXT})"),
            _fits("16 MiB of é", f"repeat('é', {_BYTES})"),
            _over("16 MiB and a byte", f"repeat('x', {_TEXT + 1})"),
            _over("16 MiB of é and a byte", f"repeat('é', {_BYTES}) || 'x'"),
        ),
    ),
    PgType(
        "bytea",
        "BINARY",
        BINARY,
        (
            _fits("8 MiB less a byte", f"decode(repeat('5c', {_BYTES - 1}), 'hex')"),
            Edge("", True, False, "8 MiB", f"decode(repeat('00', {_BYTES}), 'hex')"),
            _over("8 MiB and a byte", f"decode(repeat('00', {_BYTES + 1}), 'hex')"),
        ),
    ),
    PgType(
        "jsonb",
        "VARIANT",
        JSON,
        (
            _fits("16 MiB", f"to_jsonb(repeat('x', {_TEXT - 2}))"),
            _over("16 MiB and a byte", f"to_jsonb(repeat('x', {_TEXT - 1}))"),
        ),
    ),
    PgType(
        "text[]",
        "VARIANT",
        array_of(TEXT),
        (
            _fits("16 MiB", f"ARRAY[repeat('x', {_TEXT - 4})]"),
            _over("16 MiB and a byte", f"ARRAY[repeat('x', {_TEXT - 3})]", held_as_text=True),
        ),
    ),
]

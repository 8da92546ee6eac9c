"""Each value in one form, made from what each side's own driver gives: equal exactly when the values are.

From Aurora come PostgreSQL's texts, from Snowflake the connector's Python objects. Nothing here is the sync's: a value
that it rounded, padded, shifted to another zone or turned from '' to NULL has another form than the one it came from.
"""

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from tests.system.types.documents import Tree, exact, json_form

_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True)
class Form:
    """`there` reads PostgreSQL's text, `here` the connector's object, `leaf` an element of a JSON array."""

    name: str
    there: Callable[[str], Hashable]
    here: Callable[[Any], Hashable]
    leaf: Callable[[Tree], Hashable]


def seen_there(form: Form, text: str | None) -> Hashable:
    """The form of Aurora's value."""
    return None if text is None else (form.name, form.there(text))


def seen_here(form: Form, value: Any) -> Hashable:
    """The form of FINAL's value; one of another Python type than the form's is equal to nothing."""
    if value is None:
        return None
    try:
        return (form.name, form.here(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return ("not comparable", repr(value)[:200], str(error)[:200])


def only(value: Any, *kinds: type) -> Any:
    """The value, which must be of one of these Python types, not of a subclass."""
    if type(value) not in kinds:
        raise TypeError(f"the driver gives {type(value).__name__}")
    return value


def _content(token: Tree, kind: str) -> Any:
    if token[0] != kind:
        raise TypeError(f"JSON holds {token[0]}")
    return token[-1]


def _number_of(token: Tree) -> str:
    """A number's digits; PostgreSQL writes what JSON has no number for as a string."""
    special = token[0] == "string" and token[1] in _NOT_FINITE
    return str(token[1] if special else _content(token, "number"))


def _scaled(text: str) -> Hashable:
    """Sign, digits and scale: 1.5 is not 1.50."""
    number = Decimal(text)
    return str(number.as_tuple()) if number.is_finite() else str(number)


def _floating(name: str, code: str) -> Form:
    """A float by its bits, so that -0 is not 0; all NaN are one."""

    def bits(number: float) -> Hashable:
        return "NaN" if number != number else struct.pack(code, number)  # noqa: PLR0124 -- only NaN differs from itself

    return Form(
        name,
        lambda text: bits(float(text)),
        lambda value: bits(only(value, float)),
        lambda token: bits(float(_number_of(token))),
    )


def _moment(name: str, kind: type[date | time], aware: bool = False) -> Form:
    """Microseconds and offset count: a moment told in another zone is not the same."""

    def read(text: str) -> Hashable:
        try:
            return kind.fromisoformat(text).isoformat()
        except ValueError:  # what Python has no value for: infinity, BC, the year 10000
            return text.replace("T", " ").replace("+00:00", "+00")

    def here(value: Any) -> Hashable:
        if aware and only(value, kind).tzinfo is None:
            raise TypeError("the driver gives no zone")
        return str(only(value, kind).isoformat())

    return Form(name, read, here, lambda token: read(_content(token, "string")))


def _text_leaf(token: Tree) -> Hashable:
    return str(_content(token, "string"))


def _exact_here(value: Any) -> Hashable:
    return exact(str(only(value, int, Decimal)))


TEXT = Form("text", str, lambda value: str(only(value, str)), _text_leaf)
INTEGER = Form("integer", int, lambda value: int(only(value, int)), lambda token: int(_content(token, "number")))
NUMBER = Form(
    "number",
    _scaled,
    lambda value: _scaled(str(only(value, Decimal, int))),
    lambda token: _scaled(_number_of(token)),
)
JSON_NUMBER = Form("JSON number", exact, _exact_here, lambda token: exact(_number_of(token)))
REAL = _floating("real", ">f")
DOUBLE = _floating("double", ">d")
BOOLEAN = Form(
    "boolean",
    lambda text: {"t": True, "f": False}[text],
    lambda value: bool(only(value, bool)),
    lambda token: bool(_content(token, "bool")),
)
BINARY = Form(
    "bytes",
    lambda text: bytes.fromhex(text.removeprefix("\\x")),
    lambda value: bytes(only(value, bytes, bytearray)),
    _text_leaf,
)
# A boolean's text is a word, though the server sends a letter.
BOOLEAN_TEXT = Form(
    "boolean's text",
    lambda text: {"t": "true", "f": "false"}[text],
    lambda value: str(only(value, str)),
    _text_leaf,
)
DATE = _moment("date", date)
TIME = _moment("time", time)
TIMESTAMP = _moment("timestamp", datetime)
TIMESTAMPTZ = _moment("timestamptz", datetime, aware=True)
JSON = Form("json", json_form, lambda value: json_form(only(value, str)), _text_leaf)

"""JSON as a value: blanks, the order of keys and a number's notation do not count; everything else does."""

import json
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

Tree = tuple[Any, ...]


def json_tree(text: str) -> Tree:
    """The document as (kind, content): numbers keep their digits, objects every pair, doubled keys too."""
    found = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_number, object_pairs_hook=_pairs)
    return _tagged(found)


def json_form(text: str) -> Hashable:
    """A hashable form, equal for equal documents."""
    return _form(json_tree(text))


def exact(text: str) -> Hashable:
    """A number whatever its notation, with every digit: 1.50 is 1.5, and -0 is 0."""
    sign, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        return str(Decimal(text))
    while len(digits) > 1 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    return (0, (0,), 0) if digits == (0,) else (sign, digits, exponent)


class _Pairs(list[tuple[str, Any]]):
    """An object's pairs, told from an array."""


class _Number(str):
    """A number's digits, told from a string."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs(pairs)


def _number(text: str) -> _Number:
    return _Number(text)


def _tagged(value: Any) -> Tree:
    if isinstance(value, _Pairs):
        return ("object", [(key, _tagged(item)) for key, item in value])
    if isinstance(value, list):
        return ("array", [_tagged(item) for item in value])
    if isinstance(value, _Number):
        return ("number", str(value))
    if isinstance(value, bool):
        return ("bool", value)
    return ("null",) if value is None else ("string", value)


def _form(tree: Tree) -> Hashable:
    kind, content = tree[0], tree[-1]
    if kind == "object":
        return (kind, tuple(sorted(((key, _form(item)) for key, item in content), key=repr)))
    if kind == "array":
        return (kind, tuple(_form(item) for item in content))
    return (kind, exact(content)) if kind == "number" else tree

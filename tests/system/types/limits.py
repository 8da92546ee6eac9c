"""Which of PostgreSQL's values FINAL's types have no place for, told from their texts alone."""

import re
from collections.abc import Iterator

from tests.system.types.documents import Tree, json_tree
from tests.system.types.forms import DATE, JSON, NUMBER, TIME, TIMESTAMP, TIMESTAMPTZ, Form

TEXT_BYTES, BINARY_BYTES = 16 * 1024 * 1024, 8 * 1024 * 1024
_DIGITS, _DOUBLE_DIGITS, _EXPONENT = 37, 15, 300
_NUMBERS, _NUMBER = ("array of JSON number", "array of double"), re.compile(r"[\d.]+(?:e[-+]?\d+)?")
_ESCAPES = re.compile(r"\\(?:u(d[89ab]..)\\u(d[c-f]..)|u(0000|d[89a-f]..)|.)", re.IGNORECASE | re.DOTALL)
_YEAR = re.compile(r"\d{4}-.*(?<!BC)", re.DOTALL)


def may_be_refused(form: Form, text: str) -> bool:
    """Whether a value of this text, compared in this form, may be NULL in FINAL, listed in quarantine."""
    if form in (DATE, TIMESTAMP, TIMESTAMPTZ):
        return not _YEAR.fullmatch(text) or text.startswith("0000")
    if form is NUMBER:
        return text == "NaN"
    if form is TIME:
        return text.startswith("24")
    if form is JSON:
        return _is_unholdable(text)
    if form.name.startswith("array"):
        return text.startswith("[") or (form.name in _NUMBERS and any(map(_is_long, _NUMBER.findall(text))))
    return False


def _is_unholdable(document: str) -> bool:
    halves_or_nul = any(escape[2] for escape in _ESCAPES.findall(document))
    return halves_or_nul or any(map(_is_unholdable_part, _parts(json_tree(document))))


def _is_unholdable_part(tree: Tree) -> bool:
    if tree[0] == "object":
        keys = [key for key, _ in tree[1]]
        return len(set(keys)) < len(keys)
    return tree[0] == "number" and _is_long(tree[1])


def _parts(tree: Tree) -> Iterator[Tree]:
    yield tree
    inner = [item for _, item in tree[1]] if tree[0] == "object" else tree[1] if tree[0] == "array" else []
    for item in inner:
        yield from _parts(item)


def _is_long(number: str) -> bool:
    """More digits than NUMBER has, or with an exponent more than a double has."""
    mantissa, sign, exponent = number.lower().partition("e")
    digits = sum(map(str.isdigit, mantissa))
    return digits > (_DOUBLE_DIGITS if sign else _DIGITS) or (bool(sign) and abs(int(exponent)) >= _EXPONENT)

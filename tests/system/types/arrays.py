"""PostgreSQL's array text (postgresql.org, Array Input and Output Syntax), compared with JSON element by element."""

import re
from collections.abc import Callable, Hashable
from typing import Any

from tests.system.types.documents import Tree, json_tree
from tests.system.types.forms import Form, only

# What array_in skips around elements; Python's own notion of space holds some control characters too.
_SPACE = " \t\n\r\v\f"


def array_of(element: Form, delimiter: str = ",") -> Form:
    """Arrays of the element's type: their nesting and their NULLs count; FINAL has them as JSON."""

    def there(text: str) -> Hashable:
        if text.startswith("["):  # lower bounds, for which JSON has no place
            return text
        return _mapped(elements(text, delimiter), lambda item: None if item is None else element.there(item))

    def leaf(token: Tree) -> Hashable:
        if token[0] == "array":
            return tuple(leaf(item) for item in token[1])
        return None if token[0] == "null" else element.leaf(token)

    def whole(token: Tree) -> Hashable:
        if token[0] != "array":
            raise TypeError(f"JSON holds {token[0]}")
        return leaf(token)

    return Form(f"array of {element.name}", there, lambda value: whole(json_tree(only(value, str))), whole)


def elements(text: str, delimiter: str = ",") -> list[Any]:
    """The elements of `{...}` in nested lists: texts, or None for NULL."""
    piece = re.compile(rf'[{_SPACE}]*(?:"((?:[^"\\]|\\.)*)"|([{{}}{delimiter}])|([^{{}}{delimiter}"]+))', re.DOTALL)
    root: list[Any] = []
    open_lists = [root]
    for quoted, sign, bare in piece.findall(text):
        if sign == "{":
            open_lists[-1].append([])
            open_lists.append(open_lists[-1][-1])
        elif sign == "}":
            open_lists.pop()
        elif sign != delimiter:
            open_lists[-1].append(_element(quoted, bare.strip(_SPACE)))
    found: list[Any] = root[0]
    return found


def _element(quoted: str, bare: str) -> str | None:
    if bare:
        return None if bare.upper() == "NULL" else re.sub(r"\\(.)", r"\1", bare)
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _mapped(found: list[Any], form: Callable[[Any], Hashable]) -> Hashable:
    return tuple(_mapped(item, form) if isinstance(item, list) else form(item) for item in found)

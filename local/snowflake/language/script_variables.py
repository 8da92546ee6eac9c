"""A block's variables, and their values as SQL text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlglot import Token, TokenType

from local.snowflake.language.errors import compilation_error
from local.snowflake.language.names import quote_literal
from local.snowflake.language.scanner import tokenize, word_of

_ADJACENT_TO_PATH = (")", "]")


class Variables:
    """Names are upper case; a variable keeps its declared type."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str | None, Any]] = {"SQLROWCOUNT": (None, None)}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def declare(self, name: str, kind: str | None, value: Any) -> None:
        """Make a variable or give it a value."""
        self._values[name] = (kind, value)

    def type_of(self, name: str) -> str | None:
        """The type a variable was declared with; None for one without."""
        return self._values[name][0]

    def bind(self, sql: str) -> str:
        """Replace every `:name`; literals, quoted identifiers, comments and `column:path` stay.

        Raises ProgrammingError for a `:name` that is not a variable.
        """
        return self._replace(sql, bare=False)

    def bind_expression(self, sql: str) -> str:
        """As `bind`, and bare names too, except inside a subquery where a bare name is a column."""
        return self._replace(sql, bare=True)

    def _replace(self, sql: str, bare: bool) -> str:
        tokens = tokenize(sql)
        pieces: list[str] = []
        last = 0
        queries: list[bool] = []
        for index, token in enumerate(tokens):
            word = word_of(token)
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            if word == "(":
                queries.append(any(queries) or (following is not None and word_of(following) in ("SELECT", "WITH")))
            elif word == ")" and queries:
                queries.pop()
            elif word == ":" and _is_bind(tokens, index):
                assert following is not None
                pieces += [sql[last : token.start], self._literal(following.text.upper())]
                last = following.end + 1
            elif bare and token.start >= last and not any(queries) and self._is_bare(tokens, index):
                pieces += [sql[last : token.start], self._literal(word)]
                last = token.end + 1
        return "".join([*pieces, sql[last:]])

    def _is_bare(self, tokens: list[Token], index: int) -> bool:
        before = word_of(tokens[index - 1]) if index else ""
        after = word_of(tokens[index + 1]) if index + 1 < len(tokens) else ""
        return word_of(tokens[index]) in self._values and before not in (".", ":") and after not in (".", "(")

    def _literal(self, name: str) -> str:
        if name not in self._values:
            raise compilation_error(f"Bind variable :{name.lower()} not set.", 2049, "42601")
        kind, value = self._values[name]
        return f"CAST({literal(value)} AS {kind})" if kind else literal(value)


# The first type that fits decides: bool is an int, and datetime a date.
_LITERALS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "TRUE" if value else "FALSE"),
    (int, lambda value: f"({value})"),
    (Decimal, lambda value: f"({value:f})"),
    (float, lambda value: f"CAST('{value}' AS FLOAT)"),
    (str, quote_literal),
    (bytes, lambda value: f"TO_BINARY('{value.hex()}', 'HEX')"),
    (datetime, lambda value: f"CAST('{value.isoformat()}' AS {'TIMESTAMP_TZ' if value.tzinfo else 'TIMESTAMP_NTZ'})"),
    (date, lambda value: f"CAST('{value.isoformat()}' AS DATE)"),
    (time, lambda value: f"CAST('{value.isoformat()}' AS TIME)"),
)


def literal(value: Any) -> str:
    """A value as a Snowflake literal of its type."""
    if value is None:
        return "NULL"
    for kind, render in _LITERALS:
        if isinstance(value, kind):
            return render(value)
    raise compilation_error(f"A variable cannot hold a {type(value).__name__}.", 2049, "42601")


def _is_bind(tokens: list[Token], index: int) -> bool:
    """A colon that touches the word after it and no expression before it; `v:a` is a path into a variant."""
    if index + 1 >= len(tokens):
        return False
    colon, following = tokens[index], tokens[index + 1]
    if following.start != colon.end + 1 or not (following.text[:1].isalpha() or following.text[:1] == "_"):
        return False
    if following.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return False
    if index == 0 or tokens[index - 1].end + 1 != colon.start:
        return True
    before = tokens[index - 1]
    is_operand = before.token_type in (TokenType.IDENTIFIER, TokenType.VAR) or before.text in _ADJACENT_TO_PATH
    return not is_operand

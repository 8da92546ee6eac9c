"""Parses the part of Snowflake Scripting that the stand-in runs; the rest is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import TokenType

from local.snowflake.language.errors import not_supported
from local.snowflake.language.scanner import Scanner

_BEGINS_SCRIPT = re.compile(r"\s*(EXECUTE|BEGIN|DECLARE)\b", re.IGNORECASE)
_REFUSED = {
    "FOR",
    "WHILE",
    "REPEAT",
    "LOOP",
    "CASE",
    "BREAK",
    "CONTINUE",
    "EXIT",
    "ITERATE",
    "LEAVE",
    "NULL",
    "OPEN",
    "FETCH",
    "CLOSE",
    "DECLARE",
    "AWAIT",
    "ASYNC",
}


@dataclass(frozen=True)
class Assign:
    """`LET name [type] := expression`, or `name := expression` when not `declares`."""

    name: str
    type: str | None
    expression: str | None
    declares: bool


@dataclass(frozen=True)
class If:
    """`IF … ELSEIF … ELSE`: each branch a condition and its statements."""

    branches: tuple[tuple[str, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True)
class Return:
    """Ends the block with a value."""

    expression: str


@dataclass(frozen=True)
class Raise:
    """Passes on the error being handled."""


@dataclass(frozen=True)
class Sql:
    """Any statement that is not Snowflake Scripting's own."""

    text: str


Statement = Assign | If | Return | Raise | Sql


@dataclass(frozen=True)
class Block:
    """`handler` is None when there is no EXCEPTION section."""

    body: tuple[Statement, ...]
    handler: tuple[Statement, ...] | None


def starts_block(scanner: Scanner) -> bool:
    """Whether a statement is a block rather than BEGIN [TRANSACTION | WORK | NAME]."""
    if scanner.word() == "DECLARE":
        return True
    following = scanner.token(1)
    return (
        scanner.word() == "BEGIN"
        and following is not None
        and scanner.word(1) not in ("TRANSACTION", "WORK", "NAME", ";")
    )


def is_script(sql: str) -> bool:
    """Whether a statement is made of others, which run one by one."""
    if _BEGINS_SCRIPT.match(sql) is None:
        return False
    scanner = Scanner(sql)
    return scanner.accept("EXECUTE", "IMMEDIATE") or starts_block(scanner)


def parse_block(text: str) -> Block:
    """Raises ProgrammingError for a syntax error and for every construct outside the supported part."""
    scanner = Scanner(text)
    if scanner.word() == "DECLARE":
        raise not_supported("Snowflake Scripting DECLARE")
    scanner.expect("BEGIN")
    body = _statements(scanner, "EXCEPTION", "END")
    handler = None
    if scanner.accept("EXCEPTION"):
        scanner.expect("WHEN")
        if scanner.word() != "OTHER":
            raise not_supported("Snowflake Scripting handler other than WHEN OTHER")
        scanner.expect("OTHER", "THEN")
        handler = _statements(scanner, "END", "WHEN")
        if scanner.word() == "WHEN":
            raise not_supported("Snowflake Scripting with several exception handlers")
    scanner.expect("END")
    scanner.expect_end()
    return Block(body, handler)


def _statements(scanner: Scanner, *until: str) -> tuple[Statement, ...]:
    found = []
    while scanner.word() not in until:
        found.append(_statement(scanner))
    return tuple(found)


def _statement(scanner: Scanner) -> Statement:
    if _is_assignment(scanner):
        name = scanner.identifier()
        scanner.expect(":=")
        return Assign(name, None, _until_semicolon(scanner), declares=False)
    _require_supported(scanner)
    if scanner.accept("LET"):
        return _let(scanner)
    if scanner.accept("IF"):
        return _if(scanner)
    if scanner.accept("RETURN"):
        return Return(_until_semicolon(scanner))
    if scanner.accept("RAISE"):
        if scanner.word() != ";":
            raise not_supported("Snowflake Scripting RAISE of a declared exception")
        scanner.expect(";")
        return Raise()
    return Sql(_until_semicolon(scanner))


def _require_supported(scanner: Scanner) -> None:
    word = scanner.word()
    if word == "CALL" and not scanner.word(1).startswith("SYSTEM$"):
        raise not_supported("Snowflake Scripting CALL of a procedure")
    if word == "BEGIN" and starts_block(scanner):
        raise not_supported("Snowflake Scripting nested block")
    if word in _REFUSED:
        raise not_supported(f"Snowflake Scripting {word}")


def _is_assignment(scanner: Scanner) -> bool:
    token = scanner.token()
    return token is not None and token.token_type != TokenType.STRING and scanner.word(1) == ":="


def _let(scanner: Scanner) -> Assign:
    name = scanner.identifier()
    kind = None
    start = scanner.token()
    while scanner.word() not in (":=", "DEFAULT", ";"):
        if scanner.word() in ("CURSOR", "RESULTSET"):
            raise not_supported(f"Snowflake Scripting {scanner.word()}")
        end = scanner.next()
        assert start is not None
        kind = scanner.sql[start.start : end.end + 1]
    if scanner.accept(";"):
        return Assign(name, kind, None, declares=True)
    scanner.next()
    return Assign(name, kind, _until_semicolon(scanner), declares=True)


def _if(scanner: Scanner) -> If:
    branches = [(_condition(scanner), _statements(scanner, "ELSEIF", "ELSE", "END"))]
    while scanner.accept("ELSEIF"):
        branches.append((_condition(scanner), _statements(scanner, "ELSEIF", "ELSE", "END")))
    otherwise = _statements(scanner, "END") if scanner.accept("ELSE") else ()
    scanner.expect("END", "IF", ";")
    return If(tuple(branches), otherwise)


def _condition(scanner: Scanner) -> str:
    text = scanner.parenthesized()
    scanner.expect("THEN")
    return text


def _until_semicolon(scanner: Scanner) -> str:
    start = scanner.token()
    end = None
    while scanner.word() != ";":
        end = scanner.next()
    if start is None or end is None:
        raise scanner.unexpected()
    scanner.expect(";")
    return scanner.sql[start.start : end.end + 1]

"""A cursor over one statement's tokens, for the statements that sqlglot has no grammar for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sqlglot import Token, TokenType
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError

from local.snowflake.language.errors import from_parse_error, syntax_error

_TEXT = {TokenType.STRING, TokenType.RAW_STRING, TokenType.IDENTIFIER}


class _Tokens(Snowflake):
    """Snowflake's tokens without sqlglot's command mode, which takes all that follows EXECUTE or CALL as one text."""

    class Tokenizer(Snowflake.Tokenizer):
        COMMANDS: ClassVar[set[TokenType]] = set()


def tokenize(sql: str) -> list[Token]:
    """A statement's tokens; raises ProgrammingError for a literal or comment without an end."""
    try:
        return list(_Tokens().tokenize(sql))
    except TokenError as error:
        raise from_parse_error(error) from None


def word_of(token: Token) -> str:
    """The token as an upper-case word; empty for literals and quoted identifiers, which are never keywords."""
    return "" if token.token_type in _TEXT else token.text.upper()


class Scanner:
    """Reads words, names and literals in order; every `expect` that fails is Snowflake's syntax error."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokenize(sql)
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether nothing but semicolons is left."""
        return all(token.token_type == TokenType.SEMICOLON for token in self.tokens[self.at :])

    def token(self, ahead: int = 0) -> Token | None:
        """The next token, or one further ahead; None past the end."""
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def word(self, ahead: int = 0) -> str:
        """The next token, or one further ahead, as `word_of` reads it; empty past the end."""
        token = self.token(ahead)
        return word_of(token) if token else ""

    def accept(self, *words: str) -> bool:
        """Take these words if they come next."""
        if any(self.word(index) != word for index, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Take these words; raises ProgrammingError where they do not come next."""
        for word in words:
            if not self.accept(word):
                raise self.unexpected()

    def accept_phrase(self, phrase: str) -> bool:
        """Words that the tokens may hold one by one or several at a time (STORAGE INTEGRATION)."""
        read, ahead = "", 0
        while len(read) < len(phrase) and self.word(ahead):
            read = f"{read} {self.word(ahead)}".lstrip()
            ahead += 1
        if read != phrase:
            return False
        self.at += ahead
        return True

    def accept_any(self, phrases: Iterable[str]) -> str | None:
        """The longest of the phrases that comes next, taken; None when none does."""
        return next((phrase for phrase in sorted(phrases, key=len, reverse=True) if self.accept_phrase(phrase)), None)

    def expect_end(self) -> None:
        """Raises ProgrammingError where anything is left."""
        if not self.done:
            raise self.unexpected()

    def unexpected(self) -> Exception:
        """The syntax error about the next token."""
        token = self.token()
        if token is None:
            return syntax_error("<EOF>", self.sql, len(self.sql))
        return syntax_error(self.sql[token.start : token.end + 1], self.sql, token.start)

    def next(self) -> Token:
        """Take the next token, whatever it is."""
        token = self.token()
        if token is None:
            raise self.unexpected()
        self.at += 1
        return token

    def string(self) -> str:
        """Take a literal; its text."""
        token = self.token()
        if token is None or token.token_type not in (TokenType.STRING, TokenType.RAW_STRING):
            raise self.unexpected()
        self.at += 1
        return token.text

    def identifier(self) -> str:
        """Take a name; a quoted one unchanged, any other in upper case."""
        token = self.next()
        if token.token_type == TokenType.IDENTIFIER:
            return token.text
        if token.token_type in _TEXT or not (token.text[:1].isalpha() or token.text[:1] == "_"):
            self.at -= 1
            raise self.unexpected()
        return token.text.upper()

    def parts(self) -> list[str]:
        """A dotted name, each part unquoted and in stored case."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return parts

    def boolean(self) -> bool:
        """Take TRUE or FALSE."""
        if self.accept("TRUE"):
            return True
        self.expect("FALSE")
        return False

    def rest(self) -> str:
        """Everything from here on, without the closing semicolon."""
        token = self.token()
        if token is None:
            raise self.unexpected()
        last = len(self.tokens) - 1
        while last >= self.at and self.tokens[last].token_type == TokenType.SEMICOLON:
            last -= 1
        self.at = len(self.tokens)
        return self.sql[token.start : self.tokens[last].end + 1]

    def until(self, word: str) -> str:
        """The text up to a word outside parentheses, or up to the end; the word stays."""
        first, depth = self.token(), 0
        if first is None:
            raise self.unexpected()
        while not self.done and (depth or self.word() != word):
            depth += {"(": 1, ")": -1}.get(word_of(self.next()), 0)
        last = self.tokens[self.at - 1]
        return self.sql[first.start : last.end + 1] if last.end > first.start else first.text

    def parenthesized(self) -> str:
        """The text between this parenthesis and the one that closes it."""
        self.expect("(")
        first = self.token()
        depth = 1
        while depth:
            word = word_of(self.next())
            depth += {"(": 1, ")": -1}.get(word, 0)
        close = self.tokens[self.at - 1]
        return self.sql[first.start : close.start] if first else ""

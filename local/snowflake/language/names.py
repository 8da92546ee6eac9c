"""Names of objects and literals, and how SQL writes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """An object's name, resolved: three parts, case as stored."""

    database: str
    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.database}.{self.schema}.{self.name}"

    @property
    def parts(self) -> tuple[str, str, str]:
        """Database, schema and name."""
        return self.database, self.schema, self.name

    @property
    def quoted(self) -> str:
        """As SQL text, each part quoted."""
        return ".".join(quote_identifier(part) for part in self.parts)


def quote_identifier(part: str) -> str:
    """A name as SQL text, whatever characters it has."""
    return '"' + part.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A Snowflake string literal; a backslash is an escape character there."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

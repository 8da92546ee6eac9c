"""Names of one source table in Aurora, S3 and Snowflake, each safe to place where it is used."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from functions.shared.ground.errors import InvalidConfiguration

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_QUOTED_PARTS = re.compile(r'("(?:[^"]|"")+"|[^".]+)(?:\.("(?:[^"]|"")+"|[^".]+))?')
_MAX_IDENTIFIER_BYTES = 63


def fold(name: str) -> str:
    """The Snowflake name of an Aurora name: plain lower-case names fold to upper case, others are unchanged."""
    return name.upper() if _PLAIN.fullmatch(name) else name


def quote(name: str) -> str:
    """A Snowflake identifier in double quotes (docs.snowflake.com, Identifier requirements)."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A Snowflake string constant; backslash is an escape character in it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(frozen=True)
class SourceTable:
    """One Aurora table: its schema and name exactly as the catalog spells them."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "SourceTable":
        """`schema.table`, a bare `table` (schema public), or parts in double quotes as in SQL.

        Raises InvalidConfiguration where the text names no possible table.
        """
        parts = [cls._unquote(part) for part in cls._split(text)]
        schema, name = parts if len(parts) == 2 else ("public", parts[0])
        for part in (schema, name):
            if not part or "$$" in part or any(ord(char) < 32 for char in part):
                raise InvalidConfiguration(f"{text!r}: table_name is not a name that can be synced; write schema.table")
            if len(part.encode()) > _MAX_IDENTIFIER_BYTES:
                raise InvalidConfiguration(
                    f"{text!r}: table_name has a part over PostgreSQL's {_MAX_IDENTIFIER_BYTES} bytes; shorten it"
                )
        return cls(schema, name)

    @staticmethod
    def _split(text: str) -> list[str]:
        if '"' not in text:
            return text.split(".", 1)
        match = _QUOTED_PARTS.fullmatch(text)
        if not match:
            raise InvalidConfiguration(
                f'{text!r}: table_name has quotes that do not pair; write schema.table or "schema"."table"'
            )
        return [part for part in match.groups() if part is not None]

    @staticmethod
    def _unquote(part: str) -> str:
        return part[1:-1].replace('""', '"') if part.startswith('"') else part

    def __str__(self) -> str:
        # Parts that hold dots or quotes are quoted, so that no two tables are written alike.
        return ".".join(quote(part) if set(part) & {".", '"'} else part for part in (self.schema, self.name))

    @cached_property
    def object_name(self) -> str:
        """The name that its STAGING table, FINAL table, view and task share in Snowflake."""
        return f"{fold(self.schema)}__{fold(self.name)}"

    def pipe_name(self, layout: int) -> str:
        """The name of the pipe that reads the files of one layout; no name of a table holds $$, so none is like it."""
        return f"{self.object_name}$$v{layout}" if layout else self.object_name

    def folder(self, layout: int) -> str:
        """The folder in the staging bucket of the files of one layout.

        Distinct tables and layouts never share one, and none lies in another, so that a file has one pipe.
        """
        return f"{self._folder}-v{layout}" if layout else self._folder

    @cached_property
    def _folder(self) -> str:
        text = str(self)
        if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", text):
            return text
        digest = hashlib.sha256(f"{self.schema}\0{self.name}".encode()).hexdigest()[:8]
        return re.sub(r"[^A-Za-z0-9_.-]", "_", text) + "-" + digest

    def target(self, database: str) -> str:
        """The full name of its FINAL table, quoted only where Snowflake needs quotes."""
        name = self.object_name
        return f"{database}.FINAL.{name if re.fullmatch(r'[A-Z_][A-Z0-9_$]*', name) else quote(name)}"

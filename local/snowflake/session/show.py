"""The LIKE and IN clauses of SHOW."""

from __future__ import annotations

import re
from typing import Any

from local.snowflake.language.names import Name
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context


def filtered(objects: list[tuple[Name, Any]], scanner: Scanner, context: Context) -> list[tuple[Name, Any]]:
    """`[LIKE '…'] [IN {ACCOUNT | DATABASE [db] | [SCHEMA] [db.]schema}]`; without IN the current database."""
    pattern = like(scanner.string()) if scanner.accept("LIKE") else None
    database, schema = context.database, None
    if scanner.accept("IN"):
        if scanner.accept("ACCOUNT"):
            database = None
        elif scanner.accept("DATABASE"):
            database = context.database if scanner.done else scanner.identifier()
        else:
            scanner.accept("SCHEMA")
            parts = [] if scanner.done else scanner.parts()
            database, schema = [context.database, context.schema] if not parts else [context.database, *parts][-2:]
    scanner.expect_end()
    return sorted(
        (
            (name, item)
            for name, item in objects
            if (database is None or name.database == database)
            and (schema is None or name.schema == schema)
            and (pattern is None or pattern.fullmatch(name.name))
        ),
        key=lambda pair: str(pair[0]),
    )


def like(pattern: str) -> re.Pattern[str]:
    """SHOW's LIKE ignores case; % is any text, _ any character, a backslash escapes the next character."""
    out, characters = [], iter(pattern)
    for character in characters:
        if character == "\\":
            out.append(re.escape(next(characters, "\\")))
        else:
            out.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
    return re.compile("".join(out), re.IGNORECASE | re.DOTALL)

"""The runbook's statements are of their databases' grammar."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlfluff.core import FluffConfig, Linter

from tests.support.gate import complaints
from tests.support.runbook import blocks, each_page

# Pages whose statements are for Aurora.
AURORA = {"fence-held.md", "credentials.md"}


def statements(page: Path) -> Iterator[tuple[str, str]]:
    """(dialect, statement) of each SQL block."""
    for block in blocks(page, "sql"):
        for statement in filter(None, (part.strip() for part in re.split(r";\s*(?:\n|$)", block))):
            postgres = page.name in AURORA and '"AURORA' not in statement
            yield "postgres" if postgres else "snowflake", statement


@each_page
def test_each_statement_is_of_its_databases_grammar(page: Path) -> None:
    postgres = Linter(config=FluffConfig(overrides={"dialect": "postgres", "templater": "raw"}))
    wrong: dict[str, Any] = {}
    for dialect, statement in statements(page):
        found = (
            complaints(statement)
            if dialect == "snowflake"
            else [violation.desc() for violation in postgres.parse_string(statement).violations]
        )
        wrong |= {statement: found} if found else {}
    assert wrong == {}

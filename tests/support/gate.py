"""The grammar that every statement must pass: sqlfluff's of Snowflake, with what it is known to get wrong."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import sqlfluff
from sqlfluff.core import FluffConfig, Linter

from tests.support.contexts import ROOT

STRING_OR_NAME = r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\""
COMMENT = r"--[^\n]*"


@dataclass(frozen=True)
class Alarm:
    """A part of a statement that Snowflake takes and sqlfluff does not; without it the statement passes."""

    part: re.Pattern[str]
    reason: str


ALARMS = [
    Alarm(
        re.compile(r"\s+STORAGE_AWS_EXTERNAL_ID = '[^']*'"),
        "an option of CREATE STORAGE INTEGRATION (docs.snowflake.com) that sqlfluff 4.5's grammar lacks",
    ),
]


_CONFIG = {"dialect": "snowflake", "templater": "raw"}
_READ = ROOT / ".build" / "sqlfluff"


@cache
def _linter() -> Linter:
    return Linter(config=FluffConfig(overrides={**_CONFIG}))


def unparsable(text: str) -> list[str]:
    """What sqlfluff cannot read in a statement or script; nothing is forgiven.

    Reading takes up to a second, so what this very sqlfluff once read is not read again; what it could not read is.
    """
    key = repr((sqlfluff.__version__, sorted(_CONFIG.items()), text))
    read = _READ / hashlib.sha256(key.encode()).hexdigest()
    if read.exists():
        return []
    found = [violation.desc() for violation in _linter().parse_string(text).violations]
    if not found:
        _READ.mkdir(parents=True, exist_ok=True)
        read.touch()
    return found


def complaints(text: str) -> list[str]:
    """What is wrong with a statement or script; a known alarm is none, if the rest passes."""
    found = unparsable(text)
    known = [alarm for alarm in ALARMS if alarm.part.search(text)] if found else []
    for alarm in known:
        text = alarm.part.sub("", text)
    return unparsable(text) if known else found


def texts(statement: str) -> Iterator[str]:
    """The statement, and the script inside its dollar quotes, which the statement's own grammar takes as a string."""
    yield statement
    if "EXECUTE IMMEDIATE $$" in statement:
        _, script, _ = statement.split("$$")
        yield script


def words(text: str) -> Iterator[re.Match[str]]:
    """Its unquoted words of three or more capitals, as group 1."""
    for match in re.finditer(rf"{STRING_OR_NAME}|{COMMENT}|\b([A-Z][A-Z_]{{2,}})\b", text):
        if match[1]:
            yield match

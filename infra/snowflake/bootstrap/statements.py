"""The effects of each administrator's statement, parsed from its text, so that nothing is written twice."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Parts = tuple[str, ...]

_QUOTED = r'"(?:[^"]|"")+"'
_NAME = rf"(?:{_QUOTED}|\w+)(?:\.(?:{_QUOTED}|\w+))*"
_TEXT = r"'(?:[^'\\]|\\.|'')*'"
_COMMENT = re.compile(r"^--.*\n?", re.MULTILINE)
_USE = re.compile(rf"USE ROLE (?P<role>{_NAME})")
_CREATE = re.compile(rf"CREATE (?:TRANSIENT )?(?P<kind>[A-Z ]+?) IF NOT EXISTS (?P<name>{_NAME})")
_ALTER = re.compile(
    r"ALTER (?P<kind>USER|STORAGE INTEGRATION|NETWORK POLICY|WAREHOUSE|RESOURCE MONITOR|SCHEMA) "
    rf"(?P<name>{_NAME}) SET\s+(?P<set>.*)",
    re.S,
)
_ADD_COLUMN = re.compile(
    rf"ALTER TABLE (?P<table>{_NAME}) ADD COLUMN IF NOT EXISTS (?P<column>{_QUOTED}) [A-Z]+(?:\([\d, ]+\))?"
)
_GRANT_ROLE = re.compile(rf"GRANT ROLE (?P<role>{_NAME}) TO (?P<kind>ROLE|USER) (?P<name>{_NAME})")
_GRANT = re.compile(r"GRANT (?P<privileges>[A-Z, ]+) ON (?P<what>.+) TO ROLE (?P<role>\S+)")
_OBJECT = re.compile(rf"(?P<scope>ALL |FUTURE )?(?P<kind>[A-Z ]+?)(?P<within> IN SCHEMA)?(?: (?P<name>{_NAME}))?")
_PROPERTY = re.compile(rf"(\w+) = ({_TEXT}|{_QUOTED}|\w+|\((?:{_TEXT}|[^()'])*\))")
_VALUE = re.compile(rf"{_TEXT}|{_QUOTED}|[^\s,()=]+")


@dataclass(frozen=True)
class Create:
    """An object is there."""

    kind: str
    name: Parts


@dataclass(frozen=True)
class Alter:
    """An object has these values: each property's, as a list of one or more texts."""

    kind: str
    name: Parts
    properties: dict[str, list[str]]


@dataclass(frozen=True)
class AddColumn:
    """A table, where it is there, has a column."""

    table: Parts
    column: str


@dataclass(frozen=True)
class Grant:
    """A role has privileges on an object, or with `scope` ALL or FUTURE on the objects of a kind in a schema."""

    role: str
    privileges: Parts
    kind: str
    name: Parts
    scope: str = ""


@dataclass(frozen=True)
class GrantRole:
    """A role is granted to another role or to a user."""

    role: str
    kind: str
    grantee: str


Act = Create | Alter | AddColumn | Grant | GrantRole


@dataclass(frozen=True)
class Statement:
    """One statement, the role that runs it, and what it makes true."""

    text: str
    role: str
    act: Act


def read(statements: Iterable[str]) -> Iterator[Statement]:
    """The statements that make something; raises ValueError for one whose effect is not known."""
    role = ""
    for text in statements:
        bare = _COMMENT.sub("", text).strip()
        if used := _USE.fullmatch(bare):
            role = parts_of(used["role"])[0]
        elif not bare.startswith("DESCRIBE "):
            yield Statement(bare, role, _act(bare))


def parts_of(name: str) -> Parts:
    """A dotted name's parts as Snowflake stores them: those in double quotes are unchanged."""
    found = re.findall(rf"{_QUOTED}|[^.]+", name)
    return tuple(part[1:-1].replace('""', '"') if part.startswith('"') else part for part in found)


def _act(text: str) -> Act:
    if made := _CREATE.match(text):
        return Create(made["kind"], parts_of(made["name"]))
    if altered := _ALTER.fullmatch(text):
        properties = {name: _values(value) for name, value in _PROPERTY.findall(altered["set"])}
        return Alter(altered["kind"], parts_of(altered["name"]), properties)
    if added := _ADD_COLUMN.fullmatch(text):
        return AddColumn(parts_of(added["table"]), parts_of(added["column"])[0])
    if granted := _GRANT_ROLE.fullmatch(text):
        return GrantRole(parts_of(granted["role"])[0], granted["kind"], parts_of(granted["name"])[0])
    if (granted := _GRANT.fullmatch(text)) and (on := _OBJECT.fullmatch(granted["what"])):
        name = parts_of(on["name"]) if on["name"] else ()
        kind = on["kind"].removesuffix("S") if on["scope"] else on["kind"]
        privileges = tuple(granted["privileges"].split(", "))
        return Grant(parts_of(granted["role"])[0], privileges, kind, name, (on["scope"] or "").strip())
    raise ValueError(f"What this statement makes true is not known: {text}")


def _values(text: str) -> list[str]:
    return [_value(found) for found in _VALUE.findall(text)]


def _value(text: str) -> str:
    if text.startswith("'"):
        return re.sub(r"''|\\(.)", lambda found: found[1] or "'", text[1:-1], flags=re.S)
    return parts_of(text)[0] if text.startswith('"') else text

"""Roles, users, warehouses, integrations and network policies: kept by name with their properties, without effect."""

from __future__ import annotations

import threading

from local.snowflake.account.grant_book import GrantBook
from local.snowflake.account.properties import (
    KNOWN,
    Properties,
    known_property,
    read_properties,
    require_complete,
)
from local.snowflake.language.errors import already_exists, compilation_error, does_not_exist
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import Scanner

SYSTEM_ROLES = ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "ORGADMIN", "PUBLIC")
_DONE = "Statement executed successfully."
# Properties that name another object, and its kind.
_NAMED = {"NETWORK_POLICY": "NETWORK POLICY", "RESOURCE_MONITOR": "RESOURCE MONITOR"}
# ALTER's clauses that change no property.
_ACTIONS = {
    "WAREHOUSE": ("SUSPEND", "RESUME", "RESUME IF SUSPENDED", "ABORT ALL QUERIES"),
    "USER": ("RESET PASSWORD", "ABORT ALL QUERIES"),
}


class AccountObjects:
    """The objects of one account that are not in a database; a network rule's dotted name is one key.

    `schema_retention` has the days of Time Travel of schemas that were altered.
    """

    def __init__(self, grants: GrantBook) -> None:
        self.grants = grants
        self._objects: dict[tuple[str, str], Properties] = {("ROLE", role): {} for role in SYSTEM_ROLES}
        self._guard = threading.RLock()
        self.schema_retention: dict[str, str] = {}

    def has(self, kind: str, name: str) -> bool:
        """Whether there is an object of this kind and name; INTEGRATION is any kind of integration."""
        return any((one, name) in self._objects for one in _kinds(kind))

    def all_of(self, kind: str) -> dict[str, Properties]:
        """Every object of a kind, by name."""
        with self._guard:
            return {name: properties for (one, name), properties in self._objects.items() if one in _kinds(kind)}

    def properties(self, kind: str, name: str) -> Properties:
        """An object's properties; raises ProgrammingError where it is not there."""
        found = self.all_of(kind)
        if name not in found:
            raise does_not_exist(_shown(kind), name)
        return found[name]

    def forget_database(self, name: str) -> None:
        """Forget what was altered of a dropped database's schemas."""
        self.schema_retention = {
            schema: days for schema, days in self.schema_retention.items() if not schema.startswith(f"{name}.")
        }

    def create(self, kind: str, scanner: Scanner, replaces: bool) -> Result:
        """CREATE [OR REPLACE] kind [IF NOT EXISTS] name [WITH] [property = value …]."""
        if_not_exists = scanner.accept("IF", "NOT", "EXISTS")
        name = _name(scanner)
        scanner.accept("WITH")
        properties = read_properties(kind, scanner)
        require_complete(kind, properties)
        with self._guard:
            if self.has(kind, name) and not replaces:
                if if_not_exists:
                    return status(f"{name} already exists, statement succeeded.")
                raise already_exists(name)
            self._require_others(properties)
            self._objects[kind, name] = properties
        return status(f"{kind.capitalize()} {name} successfully created.")

    def alter(self, kind: str, scanner: Scanner) -> Result:
        """ALTER kind [IF EXISTS] name SET property = value … | UNSET property, … | RENAME TO name | action."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = _name(scanner)
        with self._guard:
            if (kind, name) not in self._objects:
                if if_exists:
                    return status(_DONE)
                raise does_not_exist(_shown(kind), name)
            properties = self._objects[kind, name]
            if scanner.accept("SET"):
                changed = {**properties, **read_properties(kind, scanner)}
                self._require_others(changed)
                self._objects[kind, name] = changed
            elif scanner.accept("UNSET"):
                self._objects[kind, name] = _without(kind, properties, scanner)
            elif scanner.accept("RENAME", "TO"):
                self._objects[kind, _name(scanner)] = self._objects.pop((kind, name))
            elif scanner.accept_any(_ACTIONS.get(kind, ())) is None:
                raise scanner.unexpected()
            scanner.expect_end()
        return status(_DONE)

    def drop(self, kind: str, scanner: Scanner) -> Result:
        """DROP kind [IF EXISTS] name. Raises ProgrammingError for a network policy that a user has."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = _name(scanner)
        scanner.expect_end()
        with self._guard:
            if (kind, name) not in self._objects:
                if if_exists:
                    return status("Drop statement executed successfully.")
                raise does_not_exist(_shown(kind), name)
            if kind == "NETWORK POLICY" and (user := self._user_with(name)) is not None:
                raise compilation_error(
                    f"Cannot perform Drop operation on network policy '{name}'. The policy is attached to USER with "
                    f"name '{user}'. Unset the network policy from USER and try the Drop operation again.",
                    1492,
                    "42601",
                )
            del self._objects[kind, name]
            self.grants.forget(kind, (name,))
        return status(f"{name} successfully dropped.")

    def _require_others(self, properties: Properties) -> None:
        """Raises ProgrammingError where a property names another object that is not there."""
        for name, kind in _NAMED.items():
            other = properties.get(name)
            if other is not None and str(other).upper() != "NULL" and not self.has(kind, other):
                raise does_not_exist(_shown(kind), other)

    def _user_with(self, policy: str) -> str | None:
        return next(
            (
                name
                for (kind, name), properties in self._objects.items()
                if kind == "USER" and properties.get("NETWORK_POLICY") == policy
            ),
            None,
        )


def account_kind(scanner: Scanner) -> str | None:
    """The kind of account-level object that comes next, taken; None when it is another kind of object."""
    return scanner.accept_any(KNOWN)


def _kinds(kind: str) -> tuple[str, ...]:
    return ("STORAGE INTEGRATION", "NOTIFICATION INTEGRATION") if kind == "INTEGRATION" else (kind,)


def _shown(kind: str) -> str:
    return "Integration" if kind.endswith("INTEGRATION") else kind.capitalize()


def _name(scanner: Scanner) -> str:
    return ".".join(scanner.parts())


def _without(kind: str, properties: Properties, scanner: Scanner) -> Properties:
    left = dict(properties)
    while not scanner.done:
        left.pop(known_property(kind, scanner.identifier()), None)
        scanner.accept(",")
    return left

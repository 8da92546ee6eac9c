"""Privileges and memberships: recorded and shown, without effect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa

from local.snowflake.language.names import quote_identifier
from local.snowflake.language.result import Result, rows

Parts = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Privilege:
    """On an object, or for `future` ones on those of a kind that a database or schema will hold."""

    role: str
    privilege: str
    kind: str
    name: Parts
    future: bool = False


@dataclass(frozen=True, order=True)
class Membership:
    """A role that another role or a user has."""

    role: str
    grantee_kind: str
    grantee: str


Grant = Privilege | Membership


class GrantBook:
    """The grants of one account. `tables` lists those of a schema: a future grant is one on every table made later."""

    def __init__(self, tables: Callable[[Parts], Iterable[Parts]]) -> None:
        self.tables = tables
        self._grants: set[Grant] = set()
        self._guard = threading.RLock()

    def record(self, grants: Iterable[Grant], *, revokes: bool) -> None:
        """Add grants, or take them away with `revokes`."""
        with self._guard:
            if revokes:
                self._grants.difference_update(grants)
            else:
                self._grants.update(grants)

    def forget(self, kind: str, name: Parts) -> None:
        """Remove the grants on a dropped object and on what was in it."""
        with self._guard:
            self._grants = {grant for grant in self._grants if not _concerns(grant, kind, name)}

    def show_to_role(self, role: str) -> Result:
        """SHOW GRANTS TO ROLE: its privileges, future ones as those on the tables that there are."""
        with self._guard:
            found = [one for one in self._grants if isinstance(one, Privilege) and one.role == role]
        future = {
            Privilege(role, one.privilege, one.kind, table)
            for one in found
            if one.future and one.kind == "TABLE"
            for table in self.tables(one.name)
        }
        columns = ("privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by")
        return rows(dict.fromkeys(columns, pa.string()), [
            (one.privilege, one.kind.replace(" ", "_"), _shown(one.name), "ROLE", role, "false", "SECURITYADMIN")
            for one in sorted({one for one in found if not one.future} | future)
        ])  # fmt: skip

    def show_future_to_role(self, role: str) -> Result:
        """SHOW FUTURE GRANTS TO ROLE."""
        with self._guard:
            found = [one for one in self._grants if isinstance(one, Privilege) and one.role == role and one.future]
        columns = ("privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option")
        return rows(dict.fromkeys(columns, pa.string()), [
            (one.privilege, one.kind.replace(" ", "_"), f"{_shown(one.name)}.<{one.kind}>", "ROLE", role, "false")
            for one in sorted(found)
        ])  # fmt: skip

    def show_of_role(self, role: str) -> Result:
        """SHOW GRANTS OF ROLE: who has it."""
        with self._guard:
            found = [one for one in self._grants if isinstance(one, Membership) and one.role == role]
        columns = ("role", "granted_to", "grantee_name", "granted_by")
        return rows(dict.fromkeys(columns, pa.string()), [
            (role, one.grantee_kind, one.grantee, "USERADMIN") for one in sorted(found)
        ])  # fmt: skip


def _concerns(grant: Grant, kind: str, name: Parts) -> bool:
    if isinstance(grant, Membership):
        return (kind, name) in (("ROLE", (grant.role,)), (grant.grantee_kind, (grant.grantee,)))
    if kind == "ROLE" and name == (grant.role,):
        return True
    if kind in ("DATABASE", "SCHEMA"):
        return grant.kind not in ACCOUNT_KINDS and grant.name[: len(name)] == name
    return grant.name == name and grant.kind in (kind, kind.removeprefix("STORAGE "))


# Kinds whose names are unique in the account by kind: a warehouse may have a database's name.
ACCOUNT_KINDS = ("WAREHOUSE", "INTEGRATION", "USER", "ROLE", "NETWORK POLICY", "RESOURCE MONITOR", "ACCOUNT")


def _shown(name: Parts) -> str:
    """As SHOW writes it: quoted where it must be."""
    return ".".join(part if part.isidentifier() and part.isupper() else quote_identifier(part) for part in name)

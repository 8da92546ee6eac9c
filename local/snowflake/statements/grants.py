"""GRANT and REVOKE: checked like Snowflake and recorded, without effect: every session has all privileges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local.snowflake.account.grant_book import ACCOUNT_KINDS, Grant, Membership, Parts, Privilege
from local.snowflake.engine.declared_types import columns_of
from local.snowflake.language.errors import does_not_exist, no_current
from local.snowflake.language.result import Result, status
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.context import Context
from local.snowflake.statements.objects import Objects

_PRIVILEGES = (
    "ALL",
    "ALL PRIVILEGES",
    "USAGE",
    "OWNERSHIP",
    "MONITOR",
    "OPERATE",
    "MODIFY",
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "EVOLVE SCHEMA",
    "READ",
    "WRITE",
    "APPLY",
    "EXECUTE TASK",
    "REBUILD",
    "EXECUTE MANAGED TASK",
    "MONITOR EXECUTION",
    "MONITOR USAGE",
    "CREATE DATABASE",
    "CREATE ROLE",
    "CREATE USER",
    "CREATE WAREHOUSE",
    "CREATE INTEGRATION",
    "CREATE NETWORK POLICY",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE STAGE",
    "CREATE FILE FORMAT",
    "CREATE PIPE",
    "CREATE TASK",
    "CREATE STREAM",
    "CREATE SEQUENCE",
    "CREATE FUNCTION",
    "CREATE PROCEDURE",
    "CREATE TEMPORARY TABLE",
    "MANAGE GRANTS",
    "CREATE NETWORK RULE",
    "IMPORTED PRIVILEGES",
    "ATTACH POLICY",
)
_SCHEMA_KINDS = (
    "TABLE",
    "VIEW",
    "STAGE",
    "FILE FORMAT",
    "PIPE",
    "TASK",
    "SEQUENCE",
    "STREAM",
    "FUNCTION",
    "PROCEDURE",
)
_METADATA = {"STAGE": "_fs_stages", "FILE FORMAT": "_fs_file_formats"}


def is_grant(scanner: Scanner) -> bool:
    """Whether the statement is a GRANT or REVOKE."""
    return scanner.word() in ("GRANT", "REVOKE")


def run_grant(scanner: Scanner, context: Context, objects: Objects) -> Result:
    """GRANT {privileges ON object | ROLE role} TO {ROLE | USER} name, or REVOKE … FROM.

    Raises ProgrammingError for an unknown privilege or kind of object, and for an object that does not exist.
    """
    revokes = scanner.next().text.upper() == "REVOKE"
    if revokes:
        scanner.accept("GRANT", "OPTION", "FOR")
    role, privileges, found = "", list[str](), list[Privilege]()
    if scanner.accept("ROLE"):
        (role,) = _require(context, objects, "ROLE", scanner.parts())
    else:
        privileges = _privileges(scanner)
        scanner.expect("ON")
        found = list(_granted(scanner, context, objects))
    scanner.expect("FROM" if revokes else "TO")
    kind = "USER" if scanner.accept("USER") else "ROLE"
    if kind == "ROLE":
        scanner.accept("ROLE")
    (grantee,) = _require(context, objects, kind, scanner.parts())
    _ = scanner.accept("WITH", "GRANT", "OPTION") or scanner.accept("COPY", "CURRENT", "GRANTS")
    _ = scanner.accept("CASCADE") or scanner.accept("RESTRICT")
    scanner.expect_end()
    grants: list[Grant] = [replace(one, role=grantee, privilege=name) for one in found for name in privileges]
    objects.grants.record([Membership(role, kind, grantee)] if role else grants, revokes=revokes)
    return status("Statement executed successfully.")


def require_schema(context: Context, parts: list[str]) -> None:
    """Raises ProgrammingError where there is no such schema."""
    if not _has_schema(context, "SCHEMA", parts):
        raise does_not_exist("Schema", ".".join(parts))


def _privileges(scanner: Scanner) -> list[str]:
    found: list[str] = []
    while not found or scanner.accept(","):
        privilege = scanner.accept_any(_PRIVILEGES)
        if privilege is None:
            raise scanner.unexpected()
        found.append(privilege)
    return found


def _granted(scanner: Scanner, context: Context, objects: Objects) -> Iterator[Privilege]:
    """The objects of a grant, without role and privilege yet."""
    if scanner.accept("ACCOUNT"):
        yield Privilege("", "", "ACCOUNT", ("LAPTOP",))
        return
    scope = scanner.accept_any(("ALL", "FUTURE"))
    if scope:
        kinds = scanner.accept_any([f"{kind}S" for kind in (*_SCHEMA_KINDS, "SCHEMA")])
        if kinds is None:
            raise scanner.unexpected()
        scanner.expect("IN")
        container = scanner.accept_any(("DATABASE", "SCHEMA"))
        if container is None:
            raise scanner.unexpected()
        name = _require(context, objects, container, scanner.parts())
        if scope == "FUTURE":
            yield Privilege("", "", kinds.removesuffix("S"), name, future=True)
        elif kinds == "TABLES":
            yield from (Privilege("", "", "TABLE", table) for table in objects.grants.tables(name))
        return
    kind = scanner.accept_any((*ACCOUNT_KINDS, *_SCHEMA_KINDS, "DATABASE", "SCHEMA"))
    if kind is None:
        raise scanner.unexpected()
    yield Privilege("", "", kind, _require(context, objects, kind, scanner.parts()))


def _require(context: Context, objects: Objects, kind: str, parts: list[str]) -> Parts:
    """The complete name of an object that must exist."""
    if not _exists(context, objects, kind, parts):
        raise does_not_exist(kind.capitalize(), ".".join(parts))
    if kind in ACCOUNT_KINDS:
        return (".".join(parts),)
    if kind == "DATABASE" or (kind == "SCHEMA" and len(parts) > 1):
        return tuple(parts)
    return (str(context.database), *parts) if kind == "SCHEMA" else context.resolve(parts).parts


def _exists(context: Context, objects: Objects, kind: str, parts: list[str]) -> bool:
    if kind in ACCOUNT_KINDS:
        return objects.account.has(kind, ".".join(parts))
    if kind in ("DATABASE", "SCHEMA"):
        return _has_schema(context, kind, parts)
    name = context.resolve(parts)
    if kind in ("TABLE", "VIEW"):
        return bool(columns_of(context.duck, name))
    if (registry := objects.registry(kind)) is not None:
        return registry.has(name)
    if (table := _METADATA.get(kind)) is None:
        return True
    query = (
        f"SELECT 1 FROM _fs_global._fs_information_schema.{table} WHERE (database_name, schema_name, name) = (?, ?, ?)"
    )
    return context.duck.execute(query, name.parts).fetchone() is not None


def _has_schema(context: Context, kind: str, parts: list[str]) -> bool:
    if kind == "SCHEMA" and len(parts) == 1:
        if context.database is None:
            raise no_current("database")
        parts = [context.database, *parts]
    query = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ?"
    schemas = {name for (name,) in context.duck.execute(query, [parts[0]]).fetchall()}
    return bool(schemas) and (kind == "DATABASE" or parts[1] in schemas)

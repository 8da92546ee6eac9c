"""GRANT and REVOKE: checked as Snowflake would, then forgotten, for every session may do everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.warehouse.declared_types import columns_of
from local.warehouse.errors import does_not_exist, no_current
from local.warehouse.result import Result, status
from local.warehouse.scanner import Scanner

if TYPE_CHECKING:
    from local.warehouse.session import Session

_PRIVILEGES = (
    *("ALL", "ALL PRIVILEGES", "USAGE", "OWNERSHIP", "MONITOR", "OPERATE", "MODIFY", "SELECT", "INSERT", "UPDATE"),
    *("DELETE", "TRUNCATE", "REFERENCES", "EVOLVE SCHEMA", "READ", "WRITE", "APPLY", "EXECUTE TASK", "REBUILD"),
    *("EXECUTE MANAGED TASK", "MONITOR EXECUTION", "MONITOR USAGE", "CREATE DATABASE", "CREATE ROLE", "CREATE USER"),
    *("CREATE WAREHOUSE", "CREATE INTEGRATION", "CREATE NETWORK POLICY", "CREATE SCHEMA", "CREATE TABLE"),
    *("CREATE VIEW", "CREATE STAGE", "CREATE FILE FORMAT", "CREATE PIPE", "CREATE TASK", "CREATE STREAM"),
    *("CREATE SEQUENCE", "CREATE FUNCTION", "CREATE PROCEDURE", "CREATE TEMPORARY TABLE", "MANAGE GRANTS"),
    *("CREATE NETWORK RULE", "IMPORTED PRIVILEGES", "ATTACH POLICY"),
)
_ACCOUNT_KINDS = ("WAREHOUSE", "INTEGRATION", "USER", "ROLE", "NETWORK POLICY", "RESOURCE MONITOR")
_SCHEMA_KINDS = (
    *("TABLE", "VIEW", "STAGE", "FILE FORMAT", "PIPE", "TASK", "SEQUENCE", "STREAM", "FUNCTION", "PROCEDURE"),
)
_METADATA = {"STAGE": "_fs_stages", "FILE FORMAT": "_fs_file_formats"}


def is_grant(scanner: Scanner) -> bool:
    return scanner.word() in ("GRANT", "REVOKE")


def run_grant(scanner: Scanner, session: Session) -> Result:
    """GRANT {privileges ON object | ROLE role} TO {ROLE | USER} name, or REVOKE … FROM.

    Raises ProgrammingError for a privilege or kind of object that Snowflake does not have, and for what is not there.
    """
    revokes = scanner.next().text.upper() == "REVOKE"
    if revokes:
        scanner.accept("GRANT", "OPTION", "FOR")
    if scanner.accept("ROLE"):
        _require(session, "ROLE", scanner.parts())
    else:
        _privileges(scanner)
        scanner.expect("ON")
        _object(scanner, session)
    scanner.expect("FROM" if revokes else "TO")
    grantee = "USER" if scanner.accept("USER") else "ROLE"
    if grantee == "ROLE":
        scanner.accept("ROLE")
    _require(session, grantee, scanner.parts())
    _ = scanner.accept("WITH", "GRANT", "OPTION") or scanner.accept("COPY", "CURRENT", "GRANTS")
    _ = scanner.accept("CASCADE") or scanner.accept("RESTRICT")
    scanner.expect_end()
    return status("Statement executed successfully.")


def _privileges(scanner: Scanner) -> None:
    while True:
        if scanner.accept_any(_PRIVILEGES) is None:
            raise scanner.unexpected()
        if not scanner.accept(","):
            return


def _object(scanner: Scanner, session: Session) -> None:
    if scanner.accept("ACCOUNT"):
        return
    if scanner.accept("ALL") or scanner.accept("FUTURE"):
        if scanner.accept_any([f"{kind}S" for kind in (*_SCHEMA_KINDS, "SCHEMA")]) is None:
            raise scanner.unexpected()
        scanner.expect("IN")
        container = scanner.accept_any(("DATABASE", "SCHEMA"))
        if container is None:
            raise scanner.unexpected()
        _require(session, container, scanner.parts())
        return
    kind = scanner.accept_any((*_ACCOUNT_KINDS, *_SCHEMA_KINDS, "DATABASE", "SCHEMA"))
    if kind is None:
        raise scanner.unexpected()
    _require(session, kind, scanner.parts())


def _require(session: Session, kind: str, parts: list[str]) -> None:
    if not _exists(session, kind, parts):
        raise does_not_exist(kind.capitalize(), ".".join(parts))


def _exists(session: Session, kind: str, parts: list[str]) -> bool:
    if kind in _ACCOUNT_KINDS:
        return session.warehouse.account.has(kind, ".".join(parts))
    if kind in ("DATABASE", "SCHEMA"):
        return _has_schema(session, kind, parts)
    name = session.resolve(parts)
    if kind in ("TABLE", "VIEW"):
        return bool(columns_of(session, name))
    if kind in ("PIPE", "TASK"):
        registry = session.warehouse.pipes if kind == "PIPE" else session.warehouse.tasks
        return registry.has(name)
    if (table := _METADATA.get(kind)) is None:
        return True
    query = (
        f"SELECT 1 FROM _fs_global._fs_information_schema.{table} WHERE (database_name, schema_name, name) = (?, ?, ?)"
    )
    return session.duck.execute(query, name.parts).fetchone() is not None


def _has_schema(session: Session, kind: str, parts: list[str]) -> bool:
    if kind == "SCHEMA" and len(parts) == 1:
        if session.database is None:
            raise no_current("database")
        parts = [session.database, *parts]
    query = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ?"
    schemas = {name for (name,) in session.duck.execute(query, [parts[0]]).fetchall()}
    return bool(schemas) and (kind == "DATABASE" or parts[1] in schemas)

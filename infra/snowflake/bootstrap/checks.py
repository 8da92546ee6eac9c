"""Whether a statement's effect is there already."""

import base64
import hashlib
import re
from collections.abc import Iterator

from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.statements import Act, AddColumn, Alter, Create, Grant, GrantRole

# Properties that SHOW lists in a column, and those that are parameters; DESCRIBE has the others.
_COLUMNS = {
    "WAREHOUSE": {
        "WAREHOUSE_SIZE": "size",
        "GENERATION": "generation",
        "ENABLE_QUERY_ACCELERATION": "enable_query_acceleration",
        "RESOURCE_MONITOR": "resource_monitor",
    },
    "RESOURCE MONITOR": {"CREDIT_QUOTA": "credit_quota"},
}
_PARAMETERS = {
    "NETWORK_POLICY",
    "STATEMENT_TIMEOUT_IN_SECONDS",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS",
    "DATA_RETENTION_TIME_IN_DAYS",
}
_SIZES = {"2XLARGE": "XXLARGE", "3XLARGE": "XXXLARGE", **{f"{size}XLARGE": f"X{size}LARGE" for size in (4, 5, 6)}}


def lacking(act: Act, account: Account) -> list[str]:
    """The changes that the statement would make, in words; empty where it need not be run."""
    match act:
        case Create():
            return [] if account.find(act.kind, act.name) else ["made"]
        case Alter():
            return list(_differences(act, account))
        case AddColumn():
            there = account.find("TABLE", act.table) is None or act.column in account.columns(act.table)
            return [] if there else [f"column {act.column}"]
        case GrantRole():
            granted = (act.kind, act.grantee) in account.grantees(act.role)
            return [] if granted else [f"role {act.role} granted to {act.kind.lower()} {act.grantee}"]
        case Grant():
            return list(_missing(act, account))


def subject(act: Act) -> tuple[str, str]:
    """The kind and name of what a statement is about."""
    match act:
        case Create() | Alter():
            return act.kind.lower(), ".".join(act.name)
        case AddColumn():
            return "table", ".".join(act.table)
        case Grant() | GrantRole():
            return "grants", act.role


def _differences(act: Alter, account: Account) -> Iterator[str]:
    for name, wanted in act.properties.items():
        found, shown = _property(act, name, account), _as_shown(name, wanted)
        if set(found) != set(shown):
            yield f"{name}: {', '.join(found) or 'nothing'} → {', '.join(shown) or 'nothing'}"


def _as_shown(name: str, wanted: list[str]) -> list[str]:
    if name in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"):
        return [fingerprint(wanted[0])]
    return wanted[-1:] if name == "WORKLOAD_IDENTITY" else wanted


def _property(act: Alter, name: str, account: Account) -> list[str]:
    if act.kind in _COLUMNS and name in _COLUMNS[act.kind]:
        row = account.find(act.kind, act.name) or {}
        return _items(_as_set(name, str(row.get(_COLUMNS[act.kind][name]) or "")))
    if name in _PARAMETERS:
        return _items(account.parameter(act.kind, act.name, name))
    properties = account.properties(act.kind, act.name)
    if name == "WORKLOAD_IDENTITY":
        return _workload_roles(act, account) if properties else []
    fingerprinted = name in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
    return _items(properties.get(f"{name}_FP" if fingerprinted else name, ""))


def _as_set(name: str, shown: str) -> str:
    """SHOW's word for a value, as ALTER takes it."""
    if name == "WAREHOUSE_SIZE":
        size = shown.upper().replace("-", "")
        return _SIZES.get(size, size)
    if name == "CREDIT_QUOTA":
        return shown.partition(".")[0]
    if name == "ENABLE_QUERY_ACCELERATION":
        return shown.upper()
    return "" if shown == "null" else shown


def _items(value: str) -> list[str]:
    """A list is written `a,b` or `["a","b"]`."""
    return [item for item in (part.strip(' "') for part in value.strip("[]").split(",")) if item]


def _workload_roles(act: Alter, account: Account) -> list[str]:
    """As ARNs; Snowflake keeps a role's account and name, not its path."""
    wanted = act.properties["WORKLOAD_IDENTITY"][-1]
    known = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)", wanted)
    found = account.workload_roles(act.name[0])
    return [
        wanted if known and role == known.groups() else f"arn:aws:iam::{role[0]}:role/{role[1]}"
        for role in sorted(found)
    ]


def _missing(act: Grant, account: Account) -> Iterator[str]:
    if act.scope == "FUTURE":
        granted = account.future_privileges(act.role)
        names = [act.name]
    else:
        granted = account.privileges(act.role)
        names = [(*act.name, table) for table in account.tables(act.name)] if act.scope == "ALL" else [act.name]
    of = f"future {act.kind.lower()}s in" if act.scope == "FUTURE" else act.kind.lower()
    for name in names:
        if missing := [one for one in act.privileges if (one, act.kind, name) not in granted]:
            yield f"{', '.join(missing)} on {of} {'.'.join(name)}".strip()


def fingerprint(public_key: str) -> str:
    """How Snowflake shows a public key, which is given in base64."""
    digest = hashlib.sha256(base64.b64decode(public_key)).digest()
    return f"SHA256:{base64.b64encode(digest).decode()}"

"""SHOW and DESCRIBE of account-level objects and of grants."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from local.snowflake.account.objects import AccountObjects
from local.snowflake.account.properties import Properties
from local.snowflake.language.result import Result, rows
from local.snowflake.language.scanner import Scanner
from local.snowflake.session.show import like

IAM_USER_ARN = "arn:aws:iam::123456789001:user/laptop"
# The columns of SHOW beside name and comment, and the properties that they show.
_SHOWN = {
    "ROLES": ("ROLE", {}),
    "USERS": ("USER", {"type": "TYPE", "default_role": "DEFAULT_ROLE", "default_warehouse": "DEFAULT_WAREHOUSE"}),
    "WAREHOUSES": (
        "WAREHOUSE",
        {
            "size": "WAREHOUSE_SIZE",
            "auto_suspend": "AUTO_SUSPEND",
            "enable_query_acceleration": "ENABLE_QUERY_ACCELERATION",
            "resource_monitor": "RESOURCE_MONITOR",
            "generation": "GENERATION",
        },
    ),
    "RESOURCE MONITORS": ("RESOURCE MONITOR", {"credit_quota": "CREDIT_QUOTA", "frequency": "FREQUENCY"}),
    "STORAGE INTEGRATIONS": ("STORAGE INTEGRATION", {"type": "TYPE", "enabled": "ENABLED"}),
    "INTEGRATIONS": ("INTEGRATION", {"type": "TYPE", "enabled": "ENABLED"}),
    "NETWORK POLICIES": ("NETWORK POLICY", {}),
}
# The parameters of each kind, with the values that they have by themselves.
_PARAMETERS = {
    "USER": {"NETWORK_POLICY": ""},
    "WAREHOUSE": {"STATEMENT_TIMEOUT_IN_SECONDS": "172800", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "0"},
    "SCHEMA": {"DATA_RETENTION_TIME_IN_DAYS": "1"},
}
# SHOW's words for sizes, and what an unset property looks like.
_SIZES = {"XSMALL": "X-Small", "XLARGE": "X-Large", "XXLARGE": "2X-Large", "XXXLARGE": "3X-Large"} | {
    f"X{number}LARGE": f"{number}X-Large" for number in range(4, 7)
}
_UNSET = {"RESOURCE_MONITOR": "null", "ENABLE_QUERY_ACCELERATION": "FALSE", "GENERATION": "2"}
_LOWER = ("TRUE", "FALSE", "NULL")
_KEYS = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")


def listing(scanner: Scanner, account: AccountObjects) -> Result | None:
    """Run a SHOW or DESCRIBE of account-level objects; None for every other statement."""
    start = scanner.at
    if scanner.accept("SHOW"):
        for phrase, show in _SHOWS.items():
            if scanner.accept_phrase(phrase):
                return show(scanner, account)
        if (kinds := scanner.accept_any(_SHOWN)) is not None:
            return _show_objects(kinds, scanner, account)
    elif scanner.accept_any(("DESC", "DESCRIBE")) is not None:
        kind = scanner.accept_any(_DESCRIPTIONS)
        if kind is not None:
            return _describe(kind, scanner, account)
    scanner.at = start
    return None


def _show_objects(kinds: str, scanner: Scanner, account: AccountObjects) -> Result:
    kind, shown = _SHOWN[kinds]
    pattern = like(scanner.string()) if scanner.accept("LIKE") else None
    scanner.expect_end()
    found = sorted(account.all_of(kind).items())
    columns = dict.fromkeys(("name", *shown, "owner", "comment"), pa.string())
    return rows(columns, [
        (name, *(_as_shown(one, properties) for one in shown.values()), "ACCOUNTADMIN", properties.get("COMMENT", ""))
        for name, properties in found
        if pattern is None or pattern.fullmatch(name)
    ])  # fmt: skip


def _as_shown(name: str, properties: Properties) -> str:
    value = str(properties.get(name, _UNSET.get(name, "")))
    if name == "WAREHOUSE_SIZE":
        return _SIZES.get(value, value.capitalize())
    if name == "CREDIT_QUOTA":
        return f"{value}.00"
    return value.lower() if name in ("ENABLE_QUERY_ACCELERATION", "RESOURCE_MONITOR") and value in _LOWER else value


def _show_grants(scanner: Scanner, account: AccountObjects) -> Result:
    """SHOW GRANTS TO ROLE r | OF ROLE r."""
    way = scanner.accept_any(("TO ROLE", "OF ROLE"))
    if way is None:
        raise scanner.unexpected()
    book = account.grants
    return (book.show_to_role if way == "TO ROLE" else book.show_of_role)(_role(scanner, account))


def _show_future_grants(scanner: Scanner, account: AccountObjects) -> Result:
    scanner.expect("TO", "ROLE")
    return account.grants.show_future_to_role(_role(scanner, account))


def _role(scanner: Scanner, account: AccountObjects) -> str:
    name = scanner.identifier()
    scanner.expect_end()
    account.properties("ROLE", name)
    return name


def _show_parameters(scanner: Scanner, account: AccountObjects) -> Result:
    """SHOW PARAMETERS LIKE '…' IN {USER | WAREHOUSE | SCHEMA} name: of each kind those that are altered here."""
    scanner.expect("LIKE")
    pattern = like(scanner.string())
    scanner.expect("IN")
    kind = scanner.accept_any(_PARAMETERS)
    if kind is None:
        raise scanner.unexpected()
    name = ".".join(scanner.parts())
    scanner.expect_end()
    if kind == "SCHEMA":
        properties = {"DATA_RETENTION_TIME_IN_DAYS": account.schema_retention.get(name, "1")}
    else:
        properties = account.properties(kind, name)
    columns = dict.fromkeys(("key", "value", "default", "level", "description", "type"), pa.string())
    found = [
        (key, str(properties.get(key, default)), default, kind if key in properties else "", "", "STRING")
        for key, default in _PARAMETERS[kind].items()
    ]
    return rows(columns, [row for row in found if pattern.fullmatch(row[0])])


def _show_workload_identities(scanner: Scanner, account: AccountObjects) -> Result:
    """SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER u."""
    scanner.expect("FOR", "USER")
    properties = account.properties("USER", scanner.identifier())
    scanner.expect_end()
    columns = dict.fromkeys(("name", "type", "comment", "additional_info"), pa.string())
    identity = properties.get("WORKLOAD_IDENTITY")
    if not identity:
        return rows(columns, [])
    _, partition, _, _, aws_account, resource = identity["ARN"].split(":")
    identified = {
        "awsPartition": partition,
        "awsAccount": aws_account,
        "type": "IAM_ROLE",
        "iamRole": resource.rpartition("/")[2],
    }
    return rows(columns, [("DEFAULT", identity["TYPE"], "", json.dumps(identified))])


def _describe(kind: str, scanner: Scanner, account: AccountObjects) -> Result:
    name = ".".join(scanner.parts())
    scanner.expect_end()
    return _DESCRIPTIONS[kind](name, account.properties(kind, name))


def _describe_user(name: str, properties: Properties) -> Result:
    hidden = {"WORKLOAD_IDENTITY", "NETWORK_POLICY"}
    shown: dict[str, Any] = {"NAME": name, **{key: value for key, value in properties.items() if key not in hidden}}
    shown |= {f"{key}_FP": _fingerprint(properties[key]) for key in _KEYS if properties.get(key)}
    columns = dict.fromkeys(("property", "value", "default", "description"), pa.string())
    return rows(columns, [
        (key, json.dumps(value) if isinstance(value, list) else str(value), "null", "") for key, value in shown.items()
    ])  # fmt: skip


def _describe_network_policy(_: str, properties: Properties) -> Result:
    columns = dict.fromkeys(("name", "value"), pa.string())
    return rows(columns, [(key, ",".join(value)) for key, value in properties.items() if key != "COMMENT"])


def _describe_integration(name: str, properties: Properties) -> Result:
    """One row per property."""
    external_id = properties.get("STORAGE_AWS_EXTERNAL_ID") or _external_id(name)
    columns = ("property", "property_type", "property_value", "property_default")
    return rows(dict.fromkeys(columns, pa.string()), [
        ("ENABLED", "Boolean", str(properties["ENABLED"]).lower(), "false"),
        ("STORAGE_PROVIDER", "String", properties["STORAGE_PROVIDER"], ""),
        ("STORAGE_ALLOWED_LOCATIONS", "List", ",".join(properties["STORAGE_ALLOWED_LOCATIONS"]), "[]"),
        ("STORAGE_BLOCKED_LOCATIONS", "List", ",".join(properties.get("STORAGE_BLOCKED_LOCATIONS", [])), "[]"),
        ("STORAGE_AWS_IAM_USER_ARN", "String", IAM_USER_ARN, ""),
        ("STORAGE_AWS_ROLE_ARN", "String", properties["STORAGE_AWS_ROLE_ARN"], ""),
        ("STORAGE_AWS_EXTERNAL_ID", "String", external_id, ""),
        ("COMMENT", "String", properties.get("COMMENT", ""), ""),
    ])  # fmt: skip


def _fingerprint(public_key: str) -> str:
    return f"SHA256:{b64encode(hashlib.sha256(b64decode(public_key)).digest()).decode()}"


def _external_id(name: str) -> str:
    """The same id for the same name; Snowflake makes a new one with each integration."""
    digest = hashlib.sha256(name.encode()).digest()[:16]
    return f"LAPTOP_SFCRole=1_{b64encode(digest).decode()}"


_SHOWS: dict[str, Callable[[Scanner, AccountObjects], Result]] = {
    "GRANTS": _show_grants,
    "FUTURE GRANTS": _show_future_grants,
    "PARAMETERS": _show_parameters,
    "USER WORKLOAD IDENTITY AUTHENTICATION METHODS": _show_workload_identities,
}
_DESCRIPTIONS: dict[str, Callable[[str, Properties], Result]] = {
    "USER": _describe_user,
    "NETWORK POLICY": _describe_network_policy,
    "INTEGRATION": _describe_integration,
    "STORAGE INTEGRATION": _describe_integration,
}

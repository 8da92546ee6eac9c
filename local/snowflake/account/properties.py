"""The properties of account-level objects: which each kind has, and how they are written."""

from __future__ import annotations

from typing import Any

from sqlglot import Token, TokenType

from local.snowflake.language.errors import compilation_error
from local.snowflake.language.scanner import Scanner, word_of

Properties = dict[str, Any]

_COMMENT = {"COMMENT"}
_NETWORK_LISTS = {"ALLOWED_NETWORK_RULE_LIST", "BLOCKED_NETWORK_RULE_LIST", "ALLOWED_IP_LIST", "BLOCKED_IP_LIST"}
_OF_PERSONS = {"PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD", "MINS_TO_BYPASS_MFA"}
KNOWN: dict[str, set[str]] = {
    "ROLE": _COMMENT,
    "USER": {
        "TYPE", "LOGIN_NAME", "DISPLAY_NAME", "EMAIL", "DISABLED", "DAYS_TO_EXPIRY", "MINS_TO_UNLOCK",
        "RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2", "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE", "DEFAULT_ROLE",
        "DEFAULT_SECONDARY_ROLES", "NETWORK_POLICY", "WORKLOAD_IDENTITY", "QUERY_TAG", "TIMEZONE",
        "STATEMENT_TIMEOUT_IN_SECONDS", "LOCK_TIMEOUT", "ABORT_DETACHED_QUERY", *_COMMENT, *_OF_PERSONS,
    },
    "WAREHOUSE": {
        "WAREHOUSE_TYPE", "WAREHOUSE_SIZE", "GENERATION", "RESOURCE_CONSTRAINT", "MAX_CLUSTER_COUNT",
        "SCALING_POLICY", "MIN_CLUSTER_COUNT", "AUTO_SUSPEND", "AUTO_RESUME", "INITIALLY_SUSPENDED",
        "RESOURCE_MONITOR", "ENABLE_QUERY_ACCELERATION", "QUERY_ACCELERATION_MAX_SCALE_FACTOR",
        "MAX_CONCURRENCY_LEVEL", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "STATEMENT_TIMEOUT_IN_SECONDS", *_COMMENT,
    },
    "STORAGE INTEGRATION": {
        "TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_AWS_ROLE_ARN", "STORAGE_AWS_EXTERNAL_ID", *_COMMENT,
        "STORAGE_AWS_OBJECT_ACL", "STORAGE_ALLOWED_LOCATIONS", "STORAGE_BLOCKED_LOCATIONS",
        "USE_PRIVATELINK_ENDPOINT",
    },
    "NOTIFICATION INTEGRATION": {
        "TYPE", "ENABLED", "DIRECTION", "NOTIFICATION_PROVIDER", "AWS_SNS_TOPIC_ARN", "AWS_SNS_ROLE_ARN", *_COMMENT,
    },
    "NETWORK POLICY": _NETWORK_LISTS | _COMMENT,
    "NETWORK RULE": {"TYPE", "VALUE_LIST", "MODE", *_COMMENT},
    "RESOURCE MONITOR": {
        "CREDIT_QUOTA", "FREQUENCY", "START_TIMESTAMP", "END_TIMESTAMP", "NOTIFY_USERS", "TRIGGERS",
    },
}  # fmt: skip
_REQUIRED = {
    "STORAGE INTEGRATION": (
        "TYPE",
        "STORAGE_PROVIDER",
        "ENABLED",
        "STORAGE_AWS_ROLE_ARN",
        "STORAGE_ALLOWED_LOCATIONS",
    ),
    "NOTIFICATION INTEGRATION": ("TYPE", "ENABLED"),
    "NETWORK RULE": ("TYPE", "VALUE_LIST", "MODE"),
}
_SIZES = (
    "XSMALL",
    "X-SMALL",
    "SMALL",
    "MEDIUM",
    "LARGE",
    "XLARGE",
    "X-LARGE",
    "XXLARGE",
    "X2LARGE",
    "2X-LARGE",
    "XXXLARGE",
    "X3LARGE",
    "3X-LARGE",
    "X4LARGE",
    "4X-LARGE",
    "X5LARGE",
    "5X-LARGE",
    "X6LARGE",
    "6X-LARGE",
)
_FLAGS = ("TRUE", "FALSE")
# The greatest value of each property that is a whole number.
_NUMBERS = {
    ("WAREHOUSE", "AUTO_SUSPEND"): 2**31,
    ("WAREHOUSE", "STATEMENT_TIMEOUT_IN_SECONDS"): 604800,
    ("WAREHOUSE", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS"): 2**31,
    ("RESOURCE MONITOR", "CREDIT_QUOTA"): 2**31,
}
_ACTIONS = ("SUSPEND", "SUSPEND_IMMEDIATE", "NOTIFY")
_VALUES = {
    ("USER", "TYPE"): ("PERSON", "SERVICE", "LEGACY_SERVICE", "NULL"),
    ("WAREHOUSE", "WAREHOUSE_SIZE"): _SIZES,
    ("WAREHOUSE", "GENERATION"): ("1", "2"),
    **dict.fromkeys((("WAREHOUSE", name) for name in ("AUTO_RESUME", "ENABLE_QUERY_ACCELERATION")), _FLAGS),
    ("RESOURCE MONITOR", "FREQUENCY"): ("MONTHLY", "DAILY", "WEEKLY", "YEARLY", "NEVER"),
    ("STORAGE INTEGRATION", "TYPE"): ("EXTERNAL_STAGE",),
    ("STORAGE INTEGRATION", "STORAGE_PROVIDER"): ("S3", "S3GOV", "S3CHINA"),
    ("NETWORK RULE", "TYPE"): ("IPV4", "AWSVPCEID", "HOST_PORT", "PRIVATE_HOST_PORT"),
    ("NETWORK RULE", "MODE"): ("INGRESS", "EGRESS", "INTERNAL_STAGE"),
}


def read_properties(kind: str, scanner: Scanner) -> Properties:
    """`NAME = value …` up to the end, with or without commas.

    Raises ProgrammingError for a name that the kind does not have, and for a value that the name does not.
    """
    found: Properties = {}
    while not scanner.done:
        if kind == "RESOURCE MONITOR" and scanner.accept("TRIGGERS"):
            found["TRIGGERS"] = _triggers(scanner)
            break
        name = known_property(kind, scanner.identifier())
        scanner.expect("=")
        found[name] = _checked(kind, name, _value(scanner))
        scanner.accept(",")
    return found


def _checked(kind: str, name: str, value: Any) -> Any:
    allowed, most = _VALUES.get((kind, name)), _NUMBERS.get((kind, name))
    number = int(value) if str(value).isdigit() else 0 if str(value).upper() == "NULL" else -1
    if (allowed and str(value).upper() not in allowed) or (most is not None and not 0 <= number <= most):
        raise compilation_error(f"invalid value [{value}] for parameter '{name}'", 1008, "22023")
    return value


def _triggers(scanner: Scanner) -> list[str]:
    """ON percent PERCENT DO action, one or more, up to the end."""
    found: list[str] = []
    while not found or not scanner.done:
        scanner.expect("ON")
        percent = scanner.next().text
        scanner.expect("PERCENT", "DO")
        action = scanner.accept_any(_ACTIONS)
        if action is None or not percent.isdigit():
            raise scanner.unexpected()
        found.append(f"{percent}% {action}")
    return found


def known_property(kind: str, name: str) -> str:
    """The name, if the kind has such a property; raises ProgrammingError if not."""
    if name not in KNOWN[kind]:
        raise compilation_error(f"invalid property '{name}' for '{kind}'", 1420, "42601")
    return name


def require_complete(kind: str, properties: Properties) -> None:
    """Raises ProgrammingError when a new object lacks a required property or has one that its type excludes."""
    missing = [name for name in _REQUIRED.get(kind, ()) if name not in properties]
    if missing:
        raise compilation_error(f"Missing option(s): [{', '.join(missing)}]", 2029, "42601")
    if kind == "RESOURCE MONITOR" and ("FREQUENCY" in properties) != ("START_TIMESTAMP" in properties):
        raise compilation_error("FREQUENCY and START_TIMESTAMP must be specified together.", 90238, "22023")
    if kind == "USER" and str(properties.get("TYPE")).upper() == "SERVICE" and (of := _OF_PERSONS & set(properties)):
        raise compilation_error(f"Cannot set {sorted(of)[0]} on a user with TYPE=SERVICE.", 1008, "22023")


def _value(scanner: Scanner) -> Any:
    """A word, name, number or string as stored text; a list in parentheses; nested properties as a dictionary."""
    if scanner.word() != "(":
        if scanner.accept("-"):
            return f"-{scanner.next().text}"
        parts = [_text(scanner.next())]
        while scanner.accept("."):
            parts.append(_text(scanner.next()))
        return ".".join(parts)
    inner = Scanner(scanner.parenthesized())
    following = inner.token(1)
    if following is not None and word_of(following) == "=":
        nested: Properties = {}
        while not inner.done:
            name = inner.identifier()
            inner.expect("=")
            nested[name] = _text(inner.next())
            inner.accept(",")
        return nested
    return _list(inner)


def _text(token: Token) -> str:
    """A word or name in stored case, a literal's text unchanged."""
    return word_of(token) or token.text


def _list(inner: Scanner) -> list[str]:
    values: list[str] = []
    while not inner.done:
        token = inner.token()
        quoted = token is not None and token.token_type == TokenType.STRING
        values.append(inner.string() if quoted else ".".join(inner.parts()))
        if not inner.accept(","):
            break
    inner.expect_end()
    return values

"""Session parameters: those that change what a statement means, and the limits of what one may cost."""

from functions.shared.ground.settings import settings

# An account or a user may have other values.
SESSION_PARAMETERS: dict[str, str | bool] = {
    "TIMEZONE": "UTC",
    "DATE_INPUT_FORMAT": "AUTO",
    "TIME_INPUT_FORMAT": "AUTO",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "BINARY_INPUT_FORMAT": "HEX",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
    "ERROR_ON_NONDETERMINISTIC_MERGE": True,
}


def session_parameters(statement_seconds: int) -> dict[str, str | bool | int]:
    """The parameters of a session whose statements may each take so long."""
    return {
        **SESSION_PARAMETERS,
        "QUERY_TAG": "aurora-snowflake-sync",
        "CLIENT_TELEMETRY_ENABLED": False,
        # A merge must keep running while the container that submitted it is frozen.
        "ABORT_DETACHED_QUERY": False,
        # An idle table's questions are answered without a warehouse.
        "USE_CACHED_RESULT": True,
        "STATEMENT_TIMEOUT_IN_SECONDS": statement_seconds,
        # Another's open transaction on FINAL must not keep a merge, and the warehouse with it, waiting for hours.
        "LOCK_TIMEOUT": settings().lock_timeout_seconds,
    }

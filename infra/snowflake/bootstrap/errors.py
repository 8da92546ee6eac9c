"""Why a bootstrap ended."""

from snowflake.connector.errors import Error


class BootstrapError(Exception):
    """The message is one sentence that says what happened and what to do; what was made before it stays."""


def told(error: Error) -> str:
    """What Snowflake said, as part of a sentence."""
    return (error.raw_msg or str(error)).strip().replace("\n", " ").rstrip(".")

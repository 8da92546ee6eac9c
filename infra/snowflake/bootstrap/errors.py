"""The error that ends a bootstrap."""

from snowflake.connector.errors import Error


class BootstrapError(Exception):
    """The message is one sentence that names what happened and what to do; what was made before it stays."""


def message_of(error: Error) -> str:
    """Snowflake's message, as part of a sentence."""
    return (error.raw_msg or str(error)).strip().replace("\n", " ").rstrip(".")

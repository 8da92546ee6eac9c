"""Why a bootstrap ended."""


class BootstrapError(Exception):
    """The message is one sentence that says what happened and what to do; what was made before it stays."""

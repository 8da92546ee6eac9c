"""The HTTP API for Snowflake's connector."""

from __future__ import annotations

from starlette.applications import Starlette

from local.snowflake.api.laptop import Laptop
from local.snowflake.api.sessions import Sessions
from local.snowflake.api.statements import Statements
from local.snowflake.state import State

ANSWER_WITHIN_SECONDS = 20.0


class Api:
    """The routes of one account with one user."""

    def __init__(
        self, state: State, user: str, password: str, answer_within_seconds: float = ANSWER_WITHIN_SECONDS
    ) -> None:
        sessions = Sessions(state, user, password)
        statements = Statements(sessions, state.queries, answer_within_seconds)
        self._routes = [*sessions.routes(), *statements.routes(), *Laptop(state, sessions).routes()]

    def app(self) -> Starlette:
        """The application that a server runs."""
        return Starlette(routes=self._routes)

"""Sessions by token: login, renewal, heartbeat and logout."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import secrets
from typing import Any

from fakesnow.transforms import SERVER_VERSION
from snowflake.connector.errors import ProgrammingError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.snowflake.api.protocol import body_of, failure, identifier_of, login_again, success, token_of
from local.snowflake.session.session import Session
from local.snowflake.session.session_parameters import set_parameter
from local.snowflake.state import State

TOKEN_SECONDS = 4 * 60 * 60


class Sessions:
    """The sessions of the account's one user; a request with an unknown token must log in again."""

    def __init__(self, state: State, user: str, password: str) -> None:
        self._state = state
        self._user, self.password = user, password
        self._sessions: dict[str, Session] = {}
        self._numbers = itertools.count(1)

    def routes(self) -> list[Route]:
        """The requests that are about a session itself."""
        return [
            Route("/session/v1/login-request", self.login, methods=["POST"]),
            Route("/session/token-request", self.renew, methods=["POST"]),
            Route("/session/heartbeat", self.heartbeat, methods=["POST"]),
            Route("/session", self.logout, methods=["POST"]),
            Route("/telemetry/send", self.telemetry, methods=["POST"]),
        ]

    def of(self, request: Request) -> Session | None:
        """The session of a request's token."""
        return self._sessions.get(token_of(request))

    def drop(self) -> None:
        """Forget every token."""
        self._sessions.clear()

    async def login(self, request: Request) -> JSONResponse:
        """A session for the right user and password, at the place and with the parameters that the client asks for."""
        data = (await body_of(request))["data"]
        if not self._is_user(str(data.get("LOGIN_NAME", "")), str(data.get("PASSWORD", ""))):
            return failure("390100", "Incorrect username or password was specified.")
        database, schema = (identifier_of(request, key) for key in ("databaseName", "schemaName"))
        parameters = data.get("SESSION_PARAMETERS") or {}
        session = await asyncio.to_thread(self._state.session, database, schema)
        try:
            for name, value in parameters.items():
                set_parameter(session, str(name).upper(), value)
        except ProgrammingError as error:
            session.close()
            return failure(f"{error.errno:06d}", error.msg or "")
        token, number = secrets.token_urlsafe(32), next(self._numbers)
        self._sessions[token] = session
        return success(self._answer(request, session, token, number))

    def _answer(self, request: Request, session: Session, token: str, number: int) -> dict[str, Any]:
        return {
            "token": token,
            "masterToken": secrets.token_urlsafe(32),
            "validityInSeconds": TOKEN_SECONDS,
            "masterValidityInSeconds": TOKEN_SECONDS,
            "sessionId": number,
            "displayUserName": self._user,
            "serverVersion": SERVER_VERSION,
            "firstLogin": False,
            "parameters": [
                {"name": "AUTOCOMMIT", "value": session.autocommit},
                {"name": "TIMEZONE", "value": "UTC"},
                {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
                {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
                {"name": "CLIENT_TELEMETRY_ENABLED", "value": False},
            ],
            "sessionInfo": {
                "databaseName": session.database,
                "schemaName": session.schema,
                "warehouseName": identifier_of(request, "warehouse"),
                "roleName": identifier_of(request, "roleName"),
            },
        }

    def _is_user(self, user: str, password: str) -> bool:
        same_user = hmac.compare_digest(user.upper().encode(), self._user.upper().encode())
        return hmac.compare_digest(password.encode(), self.password.encode()) and same_user

    async def renew(self, request: Request) -> JSONResponse:
        """A new token for the same session."""
        token = (await body_of(request)).get("oldSessionToken", "")
        if (session := self._sessions.pop(token, None)) is None:
            return failure("390110", "User must login again to access the service.")
        renewed = secrets.token_urlsafe(32)
        self._sessions[renewed] = session
        return success(
            {
                "sessionToken": renewed,
                "validityInSecondsST": TOKEN_SECONDS,
                "masterToken": secrets.token_urlsafe(32),
                "validityInSecondsMT": TOKEN_SECONDS,
                "sessionId": next(self._numbers),
            }
        )

    async def heartbeat(self, request: Request) -> JSONResponse:
        """Whether the client's session still exists."""
        return success(None) if self.of(request) else login_again()

    async def logout(self, request: Request) -> JSONResponse:
        """End the session and roll back its open transaction."""
        if (session := self.of(request)) is None:
            return login_again()
        if request.query_params.get("delete"):
            self._sessions.pop(token_of(request), None)
            await asyncio.to_thread(session.close)
        return success(None)

    async def telemetry(self, _: Request) -> JSONResponse:
        """Accept telemetry and discard it."""
        return success(None)

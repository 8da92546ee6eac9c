"""The HTTP API that the Snowflake connector speaks."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hmac
import itertools
import logging
import secrets
from collections.abc import Callable
from typing import Any

from fakesnow.transforms import SERVER_VERSION
from snowflake.connector.errors import ProgrammingError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.snowflake.api.protocol import (
    IN_PROGRESS,
    IN_PROGRESS_ASYNC,
    body_of,
    failure,
    identifier_of,
    in_progress,
    login_again,
    parameters,
    statement_error,
    statement_result,
    success,
    token_of,
)
from local.snowflake.language.errors import not_supported
from local.snowflake.language.result import Result
from local.snowflake.session.queries import Query
from local.snowflake.session.session import Session
from local.snowflake.session.session_parameters import set_parameter
from local.snowflake.state import Warehouse

logger = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 20.0
TOKEN_SECONDS = 4 * 60 * 60


class Api:
    """Sessions by token, and the routes; a request without a known token is told to log in again."""

    def __init__(
        self, warehouse: Warehouse, user: str, password: str, answer_within_seconds: float = ANSWER_WITHIN_SECONDS
    ) -> None:
        self._warehouse = warehouse
        self._user, self._password = user, password
        self._answer_within = answer_within_seconds
        self._sessions: dict[str, Session] = {}
        self._numbers = itertools.count(1)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/session/v1/login-request", self.login, methods=["POST"]),
                Route("/session/token-request", self.renew, methods=["POST"]),
                Route("/session/heartbeat", self.heartbeat, methods=["POST"]),
                Route("/session", self.logout, methods=["POST"]),
                Route("/queries/v1/query-request", self.query, methods=["POST"]),
                Route("/queries/v1/abort-request", self.abort, methods=["POST"]),
                Route("/queries/{query_id}/result", self.result, methods=["GET"]),
                Route("/monitoring/queries/{query_id}", self.monitor, methods=["GET"]),
                Route("/telemetry/send", self.telemetry, methods=["POST"]),
                Route("/laptop/faults", self.faults, methods=["GET", "POST"]),
                Route("/laptop/statements", self.statements, methods=["GET"]),
            ]
        )

    async def login(self, request: Request) -> JSONResponse:
        data = (await body_of(request))["data"]
        if not self._knows(str(data.get("LOGIN_NAME", "")), str(data.get("PASSWORD", ""))):
            return failure("390100", "Incorrect username or password was specified.")
        database, schema = (identifier_of(request, key) for key in ("databaseName", "schemaName"))
        parameters = data.get("SESSION_PARAMETERS") or {}
        session = await asyncio.to_thread(self._warehouse.session, database, schema)
        try:
            for name, value in parameters.items():
                set_parameter(session, str(name).upper(), value)
        except ProgrammingError as error:
            session.close()
            return failure(f"{error.errno:06d}", error.msg or "")
        token, number = secrets.token_urlsafe(32), next(self._numbers)
        self._sessions[token] = session
        answer = {
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
        return success(answer)

    def _knows(self, user: str, password: str) -> bool:
        same_user = hmac.compare_digest(user.upper().encode(), self._user.upper().encode())
        return hmac.compare_digest(password.encode(), self._password.encode()) and same_user

    async def renew(self, request: Request) -> JSONResponse:
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
        return success(None) if self._session(request) else login_again()

    async def logout(self, request: Request) -> JSONResponse:
        if (session := self._session(request)) is None:
            return login_again()
        if request.query_params.get("delete"):
            self._sessions.pop(token_of(request), None)
            await asyncio.to_thread(session.close)
        return success(None)

    async def telemetry(self, _: Request) -> JSONResponse:
        return success(None)

    async def faults(self, request: Request) -> JSONResponse:
        """A test's orders; the answer says whether a MERGE is held in its transaction."""
        known = self._orders()
        for order, value in (await body_of(request)).items():
            if order not in known:
                return JSONResponse({"error": f"unknown fault {order!r}"}, status_code=400)
            known[order](value)
        return JSONResponse({"holds_a_merge": self._warehouse.faults.holds_a_merge})

    async def statements(self, _: Request) -> JSONResponse:
        """How many statements were submitted so far, by their first word."""
        return JSONResponse(self._warehouse.queries.submitted)

    def _orders(self) -> dict[str, Callable[[Any], None]]:
        faults, pipes = self._warehouse.faults, self._warehouse.pipes
        return {
            "history_lag_seconds": lambda value: setattr(faults, "history_lag_seconds", float(value)),
            "hold_merge_into": faults.hold_merge_into,
            "release": lambda value: faults.release(aborts=value == "abort"),
            "next_task_run": lambda value: setattr(faults, "next_task_run", value),
            "tables_forget_loads": lambda value: setattr(pipes, "tables_forget_loads", bool(value)),
            "drop_sessions": lambda _: self._sessions.clear(),
            "password": lambda value: setattr(self, "_password", str(value)),
        }

    async def query(self, request: Request) -> JSONResponse:
        if (session := self._session(request)) is None:
            return login_again()
        body = await body_of(request)
        sql, detached = str(body["sqlText"]), bool(body.get("asyncExec"))
        try:
            if body.get("describeOnly"):
                raise not_supported("describe without execution")
            params = parameters(body.get("bindings"))
        except ProgrammingError as error:
            return statement_error(error, None)
        logger.debug("statement: %s", sql)
        if detached and not session.in_transaction:
            run = await asyncio.to_thread(_forked, session, sql, params)
        else:
            run = functools.partial(session.execute, sql, params)
        query = self._warehouse.queries.submit(request.query_params.get("requestId", ""), sql, session, run)
        if detached:
            return in_progress(query, IN_PROGRESS_ASYNC)
        return await self._answer(query)

    async def result(self, request: Request) -> JSONResponse:
        query_id = request.path_params["query_id"]
        query = self._warehouse.queries.get(query_id) if self._session(request) else None
        if query is None:
            return statement_error(
                ProgrammingError(msg=f"Statement {query_id} not found", errno=709, sqlstate="02000"), query_id
            )
        return await self._answer(query)

    async def monitor(self, request: Request) -> JSONResponse:
        if self._session(request) is None:
            return login_again()
        query = self._warehouse.queries.get(request.path_params["query_id"])
        if query is None:
            return success({"queries": []})
        entry: dict[str, Any] = {
            "id": query.id,
            "status": query.status,
            "sqlText": query.sql,
            "startTime": int(query.started * 1000),
        }
        if query.ended is not None:
            entry |= {"endTime": int(query.ended * 1000), "totalDuration": int((query.ended - query.started) * 1000)}
        answer: dict[str, Any] = {"queries": [entry]}
        if (error := query.error) is not None:
            entry |= {"errorCode": error.errno, "errorMessage": error.msg}
            answer["sqlState"] = error.sqlstate
        return success(answer)

    async def abort(self, request: Request) -> JSONResponse:
        query = self._warehouse.queries.by_request(str((await body_of(request)).get("requestId", "")))
        if query is not None and not query.future.done():
            query.session.interrupt()
        return success(None)

    async def _answer(self, query: Query) -> JSONResponse:
        """The statement's result; one that takes long is answered with the address to ask again."""
        future = asyncio.wrap_future(query.future)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(asyncio.shield(future), self._answer_within)
        if not query.future.done():
            return in_progress(query, IN_PROGRESS)
        if (error := query.error) is not None:
            logger.debug("statement failed: %s", error.msg)
            return statement_error(error, query.id)
        return await asyncio.to_thread(statement_result, query)

    def _session(self, request: Request) -> Session | None:
        return self._sessions.get(token_of(request))


def _forked(session: Session, sql: str, params: Any) -> Callable[[], Result]:
    """A detached statement runs in a session of its own, so that it outlives the one that submitted it."""
    child = session.fork()

    def run() -> Result:
        try:
            return child.execute(sql, params)
        finally:
            child.close()

    return run

"""Statements by request: submitted, asked for again, watched and aborted."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from typing import Any

from snowflake.connector.errors import ProgrammingError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.snowflake.api.protocol import (
    IN_PROGRESS,
    IN_PROGRESS_ASYNC,
    body_of,
    in_progress,
    login_again,
    parameters,
    statement_error,
    statement_result,
    success,
)
from local.snowflake.api.sessions import Sessions
from local.snowflake.language.errors import not_supported
from local.snowflake.session.queries import Queries, Query

logger = logging.getLogger(__name__)


class Statements:
    """The statements of all sessions; a long one is answered before it ends, with the address of its result."""

    def __init__(self, sessions: Sessions, queries: Queries, answer_within_seconds: float) -> None:
        self._sessions, self._queries = sessions, queries
        self._answer_within = answer_within_seconds

    def routes(self) -> list[Route]:
        """The requests that are about a statement."""
        return [
            Route("/queries/v1/query-request", self.submit, methods=["POST"]),
            Route("/queries/v1/abort-request", self.abort, methods=["POST"]),
            Route("/queries/{query_id}/result", self.result, methods=["GET"]),
            Route("/monitoring/queries/{query_id}", self.monitor, methods=["GET"]),
        ]

    async def submit(self, request: Request) -> JSONResponse:
        """Start a statement; returns its result, or at once its id where the client does not wait."""
        if (session := self._sessions.of(request)) is None:
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
        run = session.detached(sql, params) if detached else functools.partial(session.execute, sql, params)
        query = self._queries.submit(request.query_params.get("requestId", ""), sql, session, run)
        if detached:
            return in_progress(query, IN_PROGRESS_ASYNC)
        return await self._answer(query)

    async def result(self, request: Request) -> JSONResponse:
        """The result of a statement that was submitted before."""
        query_id = request.path_params["query_id"]
        query = self._queries.get(query_id) if self._sessions.of(request) else None
        if query is None:
            return statement_error(
                ProgrammingError(msg=f"Statement {query_id} not found", errno=709, sqlstate="02000"), query_id
            )
        return await self._answer(query)

    async def monitor(self, request: Request) -> JSONResponse:
        """The status of a statement."""
        if self._sessions.of(request) is None:
            return login_again()
        query = self._queries.get(request.path_params["query_id"])
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
        """End the statement of an earlier request."""
        query = self._queries.by_request(str((await body_of(request)).get("requestId", "")))
        if query is not None and not query.future.done():
            query.session.interrupt()
        return success(None)

    async def _answer(self, query: Query) -> JSONResponse:
        """The statement's result; for a long one, the address of its result."""
        future = asyncio.wrap_future(query.future)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(asyncio.shield(future), self._answer_within)
        if not query.future.done():
            return in_progress(query, IN_PROGRESS)
        if (error := query.error) is not None:
            logger.debug("statement failed: %s", error.msg)
            return statement_error(error, query.id)
        return await asyncio.to_thread(statement_result, query)

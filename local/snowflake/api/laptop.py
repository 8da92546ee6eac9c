"""Requests that Snowflake does not have: to set faults, and to count submitted statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.snowflake.api.protocol import body_of
from local.snowflake.api.sessions import Sessions
from local.snowflake.state import State


class Laptop:
    """The routes need no login, so that tests can use them during a run."""

    def __init__(self, state: State, sessions: Sessions) -> None:
        self._state, self._sessions = state, sessions

    def routes(self) -> list[Route]:
        """The routes of these requests."""
        return [
            Route("/laptop/faults", self.faults, methods=["GET", "POST"]),
            Route("/laptop/statements", self.statements, methods=["GET"]),
        ]

    async def faults(self, request: Request) -> JSONResponse:
        """Set faults; the answer has whether a MERGE is held in its transaction."""
        setters = self._setters()
        for name, value in (await body_of(request)).items():
            if name not in setters:
                return JSONResponse({"error": f"unknown fault {name!r}"}, status_code=400)
            setters[name](value)
        return JSONResponse({"holds_a_merge": self._state.faults.holds_a_merge})

    async def statements(self, request: Request) -> JSONResponse:
        """How many statements were submitted so far, by first word; with `warehouse=true` those that need one."""
        queries = self._state.queries
        return JSONResponse(queries.on_warehouse if request.query_params.get("warehouse") else queries.submitted)

    def _setters(self) -> dict[str, Callable[[Any], None]]:
        faults, pipes = self._state.faults, self._state.pipes
        return {
            "history_lag_seconds": lambda value: setattr(faults, "history_lag_seconds", float(value)),
            "hold_merge_into": faults.hold_merge_into,
            "release": lambda value: faults.release(aborts=value == "abort"),
            "next_task_run": lambda value: setattr(faults, "next_task_run", value),
            "tables_forget_loads": lambda value: setattr(pipes, "tables_forget_loads", bool(value)),
            "replaced_pipe_lag_seconds": lambda value: setattr(pipes, "replaced_pipe_lag_seconds", float(value)),
            "drop_sessions": lambda _: self._sessions.drop(),
            "password": lambda value: setattr(self._sessions, "password", str(value)),
        }

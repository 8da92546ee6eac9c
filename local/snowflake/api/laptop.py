"""What only the laptop's Snowflake has: faults on a test's order, and counts of what was submitted."""

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
    """Needs no login: tests use it while the sync is logged in."""

    def __init__(self, state: State, sessions: Sessions) -> None:
        self._state, self._sessions = state, sessions

    def routes(self) -> list[Route]:
        """The requests that no Snowflake answers."""
        return [
            Route("/laptop/faults", self.faults, methods=["GET", "POST"]),
            Route("/laptop/statements", self.statements, methods=["GET"]),
        ]

    async def faults(self, request: Request) -> JSONResponse:
        """A test's orders; the answer says whether a MERGE is held in its transaction."""
        known = self._orders()
        for order, value in (await body_of(request)).items():
            if order not in known:
                return JSONResponse({"error": f"unknown fault {order!r}"}, status_code=400)
            known[order](value)
        return JSONResponse({"holds_a_merge": self._state.faults.holds_a_merge})

    async def statements(self, _: Request) -> JSONResponse:
        """How many statements were submitted so far, by their first word."""
        return JSONResponse(self._state.queries.submitted)

    def _orders(self) -> dict[str, Callable[[Any], None]]:
        faults, pipes = self._state.faults, self._state.pipes
        return {
            "history_lag_seconds": lambda value: setattr(faults, "history_lag_seconds", float(value)),
            "hold_merge_into": faults.hold_merge_into,
            "release": lambda value: faults.release(aborts=value == "abort"),
            "next_task_run": lambda value: setattr(faults, "next_task_run", value),
            "tables_forget_loads": lambda value: setattr(pipes, "tables_forget_loads", bool(value)),
            "drop_sessions": lambda _: self._sessions.drop(),
            "password": lambda value: setattr(self._sessions, "password", str(value)),
        }

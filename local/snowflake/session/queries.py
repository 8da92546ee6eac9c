"""Every statement that was submitted: running, finished or failed, for as long as its result is kept."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from snowflake.connector.errors import ProgrammingError

from local.snowflake.language.compute import needs_warehouse
from local.snowflake.language.errors import from_engine
from local.snowflake.language.result import Result

KEPT_RESULTS = 500
KEPT_BYTES = 256 * 1024 * 1024


class Origin(Protocol):
    """The part of a statement's session that readers of its result use."""

    @property
    def database(self) -> str | None:
        """The current database."""

    @property
    def schema(self) -> str | None:
        """The current schema."""

    def interrupt(self) -> None:
        """End the engine's present statement."""


@dataclass
class Query:
    """One statement; `future` yields its Result or raises its ProgrammingError.

    `on_warehouse`: a warehouse has to run for it.
    """

    id: str
    sql: str
    session: Origin
    future: Future[Result]
    started: float = field(default_factory=time.time)
    ended: float | None = None
    size: int = 0
    on_warehouse: bool = False

    @property
    def status(self) -> str:
        """The status as the monitoring request writes it."""
        if not self.future.done():
            return "RUNNING"
        return "SUCCESS" if self.future.exception() is None else "FAILED_WITH_ERROR"

    @property
    def error(self) -> ProgrammingError | None:
        """What the statement failed with; None while it runs and when it succeeded."""
        raised = self.future.exception() if self.future.done() else None
        return None if raised is None else from_engine(raised)


class Queries:
    """Runs statements on threads, so that a submission returns before its statement ends."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=128, thread_name_prefix="query")
        self._queries: OrderedDict[str, Query] = OrderedDict()
        self._by_request: dict[str, str] = {}
        self._guard = threading.Lock()
        self.submitted: Counter[str] = Counter()
        self.on_warehouse: Counter[str] = Counter()

    def submit(self, request_id: str, sql: str, session: Origin, run: Callable[[], Result]) -> Query:
        """Start a statement; a request seen before (a client's retry) returns the statement it started."""
        with self._guard:
            if (earlier := self._by_request.get(request_id)) in self._queries:
                return self._queries[str(earlier)]
            query = Query(str(uuid.uuid4()), sql, session, Future(), on_warehouse=needs_warehouse(sql))
            self._queries[query.id] = query
            word = sql.split(maxsplit=1)[0].upper() if sql.strip() else ""
            self.submitted[word] += 1
            self.on_warehouse[word] += query.on_warehouse
            if request_id:
                self._by_request[request_id] = query.id
            self._forget_old()
        self._threads.submit(_run, query, run)
        return query

    def get(self, query_id: str) -> Query | None:
        """The statement of an id; None where there is none, or no more."""
        with self._guard:
            return self._queries.get(query_id)

    def by_request(self, request_id: str) -> Query | None:
        """The statement that a request submitted."""
        with self._guard:
            return self._queries.get(self._by_request.get(request_id, ""))

    def result(self, query_id: str) -> Result:
        """A finished statement's result.

        Raises ProgrammingError: the statement's own error, or 709 when the statement is unknown.
        """
        query = self.get(query_id)
        if query is None:
            raise ProgrammingError(msg=f"Statement {query_id} not found", errno=709, sqlstate="02000")
        return query.future.result()

    def _forget_old(self) -> None:
        total = sum(query.size for query in self._queries.values())
        for key in list(self._queries):
            if len(self._queries) <= KEPT_RESULTS and total <= KEPT_BYTES:
                break
            if self._queries[key].future.done():
                total -= self._queries[key].size
                del self._queries[key]
        if len(self._by_request) > 2 * KEPT_RESULTS:
            self._by_request = {request: key for request, key in self._by_request.items() if key in self._queries}


def _run(query: Query, run: Callable[[], Result]) -> None:
    try:
        result = run()
    except BaseException as error:  # noqa: BLE001 -- the waiting request must get every failure
        query.ended = time.time()
        query.future.set_exception(error)
    else:
        query.ended, query.size = time.time(), int(result.table.nbytes)
        query.future.set_result(result)

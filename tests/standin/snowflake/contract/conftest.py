"""Each test of this folder states one belief about Snowflake. It runs against the stand-in, and against an account as
`live` where the environment says which (docs/live-tests.md)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import snowflake.connector

CONNECTION, SCRATCH = "LIVE_SNOWFLAKE_CONNECTION", "LIVE_SNOWFLAKE_SCRATCH"
_UNSET = [name for name in (CONNECTION, SCRATCH) if not os.environ.get(name)]
_REASON = f"not set: {', '.join(_UNSET)} (docs/live-tests.md)"
LIVE = pytest.param("live", marks=[pytest.mark.live, pytest.mark.skipif(bool(_UNSET), reason=_REASON)])


@dataclass(frozen=True)
class Place:
    """A schema of its own, and how to open a session in it."""

    database: str
    schema: str
    connect: Callable[..., Any]

    def name(self, table: str) -> str:
        return f'"{self.database}"."{self.schema}"."{table}"'


class Sql:
    """One session of a place."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __call__(self, statement: str) -> list[tuple[Any, ...]]:
        """Runs a statement; returns its rows."""
        with self.connection.cursor() as cursor:
            return [tuple(row) for row in cursor.execute(statement).fetchall()]

    def block(self, body: str) -> Any:
        """The value that a block returns."""
        return self(f"EXECUTE IMMEDIATE $$\nBEGIN\n{body}\nEND;\n$$")[0][0]

    def submit(self, statement: str) -> str:
        """Starts a statement; returns its query id."""
        with self.connection.cursor() as cursor:
            cursor.execute_async(statement)
            return str(cursor.sfqid)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        only_live = metafunc.definition.get_closest_marker("live")
        metafunc.parametrize("place", [LIVE] if only_live else ["stand-in", LIVE], indirect=True, scope="session")


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    schema = f"CONTRACT_{uuid4().hex[:8].upper()}"
    if request.param == "live":
        found = Place(os.environ[SCRATCH], schema, _live)
    else:
        found = Place("SCRATCH", schema, request.getfixturevalue("account").connect)
    with found.connect() as connection:
        sql = Sql(connection)
        if request.param != "live":
            sql('CREATE DATABASE "SCRATCH"')
        sql(f'CREATE SCHEMA "{found.database}"."{schema}"')
        yield found
        sql(f'DROP SCHEMA "{found.database}"."{schema}"')


def _live(**changes: Any) -> Any:
    parameters = {"TIMEZONE": "UTC", "ABORT_DETACHED_QUERY": False, **changes.pop("session_parameters", {})}
    return snowflake.connector.connect(connection_name=os.environ[CONNECTION], session_parameters=parameters, **changes)


@contextmanager
def _opened(place: Place) -> Iterator[Sql]:
    with place.connect() as connection:
        opened = Sql(connection)
        opened(f'USE SCHEMA "{place.database}"."{place.schema}"')
        yield opened


@pytest.fixture
def sql(place: Place) -> Iterator[Sql]:
    """A session in the place's schema."""
    with _opened(place) as opened:
        yield opened


@pytest.fixture
def other(place: Place) -> Iterator[Sql]:
    """A second session there."""
    with _opened(place) as opened:
        yield opened

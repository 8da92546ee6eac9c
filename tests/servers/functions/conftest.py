"""Real servers for the functions: PostgreSQL as Aurora, and the stand-in for Snowflake behind the real connector."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import psycopg2
import pytest
import snowflake.connector
import uvicorn

from functions.merge import handler as merge_handler
from functions.shared.access import vault
from functions.shared.aurora import session as aurora
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.statements import bootstrap_statements
from local import processes
from local.aurora.server import DATABASE, SYNC_ROLE, remove_aurora, start_aurora
from local.aurora.server import Aurora as LocalAurora
from local.aws.server import Aws
from local.processes import free_port
from local.snowflake.api.server import Api
from local.snowflake.state import State
from tests.support import lambda_fixtures
from tests.support.batches import Target
from tests.support.bucket import Bucket
from tests.support.steps import Steps

_numbers = count(1)
environment, context = lambda_fixtures.environment, lambda_fixtures.context


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("functions")


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """Where exports land."""
    made = Bucket()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server(home: Path, bucket: Bucket) -> Iterator[LocalAurora]:
    """A PostgreSQL server that cuts its exports into files of about 50 kB."""
    yield start_aurora(home, Aws(bucket.endpoint_url, "eu-central-1", "none", "none"), max_file_bytes=50_000)
    processes.stop(home)
    remove_aurora(home)


@pytest.fixture
def owner(server: LocalAurora) -> Iterator[Any]:
    """A cursor of the tables' owner, in autocommit."""
    connection = psycopg2.connect(server.dsn())
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def session(server: LocalAurora, schema: str) -> Iterator[Any]:
    """A second session of the owner that keeps its transactions open until it commits; gone before the schema is."""
    connection = psycopg2.connect(server.dsn())
    yield connection.cursor()
    connection.close()


@pytest.fixture
def source(server: LocalAurora, monkeypatch: pytest.MonkeyPatch) -> Iterator[aurora.AuroraSession]:
    """The sync's own session, opened by the code under test with the secret that Vault would give."""
    secret = {
        "host": "127.0.0.1",
        "port": server.port,
        "dbname": DATABASE,
        "user": SYNC_ROLE,
        "password": server.sync_password,
        "sslmode": "disable",
    }
    monkeypatch.setattr(vault, "secret", lambda _table, _path: secret)
    monkeypatch.setattr(aurora, "_warm", [])
    with aurora.aurora_session("public.orders") as opened:
        yield opened
    opened.close()


@pytest.fixture
def schema(owner: Any) -> Iterator[str]:
    """An empty schema that the sync role may read."""
    name = f"s{next(_numbers)}"
    owner.execute(f"CREATE SCHEMA {name}")
    yield name
    owner.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(scope="session")
def snowflake_state() -> State:
    return State()


@pytest.fixture(scope="session")
def snowflake_session(snowflake_state: State) -> Iterator[warehouse.SnowflakeSession]:
    """The code's own adapter on a connection to the stand-in, with database and control tables made."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    port = free_port()
    config = uvicorn.Config(
        Api(snowflake_state, "SYNC", "secret").app(), host="127.0.0.1", port=port, log_level="error", access_log=False
    )
    api = uvicorn.Server(config)
    thread = threading.Thread(target=api.run, daemon=True)
    thread.start()
    while not api.started:
        time.sleep(0.01)
    connection = _connection(port)
    adapter = warehouse.SnowflakeSession(connection)
    for statement in bootstrap_statements("AURORA", "staging-bucket"):
        adapter.execute(statement)
    yield adapter
    connection.close()
    api.should_exit = True
    thread.join()


def _connection(port: int) -> snowflake.connector.SnowflakeConnection:
    return snowflake.connector.connect(
        account="laptop",
        user="SYNC",
        password="secret",
        host="127.0.0.1",
        port=port,
        protocol="http",
        session_parameters={"TIMEZONE": "UTC", "CLIENT_TELEMETRY_ENABLED": False},
        platform_detection_timeout_seconds=0,
    )


@pytest.fixture
def own_sessions(snowflake_session: warehouse.SnowflakeSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that the code under test opens beside the warm one are the stand-in's, too; it looks often."""
    monkeypatch.setattr(merge_handler, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(merge_handler, "_PATIENCE_SECONDS", 60)
    port = int(snowflake_session._connection.port)
    monkeypatch.setattr(warehouse, "_open", lambda _table, _seconds: warehouse.SnowflakeSession(_connection(port)))


@pytest.fixture
def steps_of(
    source: aurora.AuroraSession,
    own_sessions: None,
    snowflake_session: warehouse.SnowflakeSession,
    bucket: Bucket,
    context: Mock,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dict[str, Any]], Steps]:
    """The steps of a table, by its specification; the fence keeps close to the clock."""
    monkeypatch.setattr(warehouse, "_connect", lambda _table: snowflake_session)
    monkeypatch.setenv("FENCE_MARGIN_SECONDS", "0.05")
    settings.cache_clear()
    return lambda spec: Steps(snowflake_session, bucket, context, spec)


@pytest.fixture
def target(snowflake_session: warehouse.SnowflakeSession, own_sessions: None) -> Target:
    """A table name that no other test uses, with what is needed to load and merge batches of it."""
    return Target(snowflake_session, f"t{next(_numbers)}")

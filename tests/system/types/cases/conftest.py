"""The servers and the sync's own sessions, as the functions' tests have them, and the way through the steps."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import psycopg2
import pytest

from functions.merge import handler as merge_handler
from functions.shared.aurora.session import AuroraSession
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.session import SnowflakeSession
from tests.servers.functions import conftest
from tests.support.bucket import Bucket
from tests.support.steps import Steps
from tests.system.types.catalogue import EXTENSIONS, FAMILIES, OWN_TYPES
from tests.system.types.tables import known_here, setup

environment, home, schema = conftest.environment, conftest.home, conftest.schema
bucket, context = conftest.bucket, conftest.context
server, owner, source = conftest.server, conftest.owner, conftest.source
snowflake_state, snowflake_session = conftest.snowflake_state, conftest.snowflake_session
own_sessions = conftest.own_sessions


@pytest.fixture(scope="session")
def missing(server: Any) -> set[str]:
    """The catalogue's types that this server has not; the others are made."""
    connection = psycopg2.connect(server.dsn())
    with connection, connection.cursor() as cursor:
        present = setup(cursor, OWN_TYPES, EXTENSIONS)
    version = connection.server_version // 10_000
    connection.close()
    return {kind.name for kinds in FAMILIES.values() for kind in kinds if not known_here(kind, version, present)}


@pytest.fixture
def run(
    source: AuroraSession,
    own_sessions: None,
    snowflake_session: SnowflakeSession,
    bucket: Bucket,
    context: Mock,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """Runs a table by its specification; the results of its waves."""
    monkeypatch.setattr(warehouse, "_connect", lambda _table: snowflake_session)
    monkeypatch.setattr(merge_handler, "_POLL_SECONDS", 0.01)
    monkeypatch.setenv("FENCE_MARGIN_SECONDS", "0")
    settings.cache_clear()
    return lambda spec: Steps(snowflake_session, bucket, context, spec).run()

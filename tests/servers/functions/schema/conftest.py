"""A table and the schema step that makes its Snowflake objects."""

from typing import Any
from unittest.mock import Mock

import pytest

from functions.shared.aurora.session import AuroraSession
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.session import SnowflakeSession
from tests.servers.functions.schema.table import Table


@pytest.fixture
def table(
    source: AuroraSession,
    owner: Any,
    schema: str,
    snowflake_session: SnowflakeSession,
    context: Mock,
    monkeypatch: pytest.MonkeyPatch,
) -> Table:
    monkeypatch.setattr(warehouse, "_connect", lambda _table: snowflake_session)
    made = Table(owner, snowflake_session, schema, context)
    made.create()
    return made

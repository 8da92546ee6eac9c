"""STATEMENT_TIMEOUT_IN_SECONDS ends a query, and only a long one."""

from __future__ import annotations

import pytest
from snowflake.connector.errors import ProgrammingError

LONG = "SELECT COUNT(*) FROM N a, N b, N c WHERE a.A * b.A - c.A = 0.5"


def test_a_query_that_takes_longer_is_cancelled(session):
    session.execute("CREATE TABLE N AS SELECT SEQ4() AS A FROM TABLE(GENERATOR(ROWCOUNT => 5000))")
    session.execute("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1")
    with pytest.raises(ProgrammingError, match=r"timeout of 1 second\(s\) and was canceled") as raised:
        session.execute(LONG)
    assert (raised.value.errno, raised.value.sqlstate) == (630, "57014")
    assert session.execute("SELECT COUNT(*) FROM N").scalar() == 5000

"""How many statements of a busy table need a warehouse, besides the block that merges it."""

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from functions.shared.snowflake.session import SnowflakeSession
from local.snowflake.language.compute import needs_warehouse
from tests.support.steps import Steps

# Await load adds one more, which is counted with its own tests: here the loads are put into STAGING.
_MOST = 6
_OF_THIS_TEST = re.compile(r'INSERT INTO "AURORA"\."STAGING"')
_MERGE = re.compile(r"EXECUTE IMMEDIATE\b")


def test_a_busy_table_needs_a_warehouse_for_few_statements(
    steps_of: Callable[[dict[str, Any]], Steps], owner: Any, schema: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    owner.execute(f"INSERT INTO {schema}.t SELECT generate_series(1, 10)")
    steps = steps_of({"table_name": f"{schema}.t", "watermark_col": "at"})
    steps.run()
    owner.execute(f"UPDATE {schema}.t SET at = clock_timestamp()")
    sent: list[str] = []

    def recorded(own: Any) -> Any:
        def send(session: SnowflakeSession, statement: str, *values: Any) -> Any:
            sent.append(statement)
            return own(session, statement, *values)

        return send

    ways = {name: recorded(getattr(SnowflakeSession, name)) for name in ("rows", "execute", "run", "submit")}
    with patch.multiple(SnowflakeSession, **ways):
        assert [result["merged"] for result in steps.run()] == [10]
    assert any(_MERGE.match(statement) for statement in sent)
    # Each once: Watermark asks again where it had to wait for the fence.
    on_warehouse = {
        statement
        for statement in sent
        if needs_warehouse(statement) and not _MERGE.match(statement) and not _OF_THIS_TEST.match(statement)
    }
    assert len(on_warehouse) <= _MOST, "\n\n".join(on_warehouse)

"""The cases of `test_random_tables`, which starts this module in two processes."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from psycopg2 import sql

from functions.shared.ground.errors import ReconciliationFailed
from functions.shared.snowflake.session import SnowflakeSession
from tests.system.types.random_tables import RandomTable, random_tables
from tests.system.types.random_types import column_types
from tests.system.types.random_verdicts import Copied

PARTS, CASES = 8, 25
_numbers = count(1)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_random_table_arrives_or_is_listed(
    part: int, missing: set[str], owner: Any, schema: str, server: Any, snowflake_session: SnowflakeSession, run: Any
) -> None:
    @seed(part)
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # a case takes seconds, a shrink takes hundreds of them
    )
    @given(random_tables(column_types(missing)))
    def case(table: RandomTable) -> None:
        name = f"r{next(_numbers)}"
        place = sql.Identifier(schema, name)
        copied = Copied(table, schema, name, f"AURORA.FINAL.{schema}__{name}".upper())
        try:
            table.create(owner, place)
            for change in (None, table.change):
                if change is None or change(owner, place):
                    note(repr(table))
                    copied.results.extend(run(table.spec(f"{schema}.{name}")))
                    found = copied.problems(server.dsn(), snowflake_session._connection)
                    assert not found, "\n".join(found)
        except ReconciliationFailed as failed:  # the one refusal of a table of which every row is withheld
            if not (table.key and "see CONTROL.QUARANTINE" in str(failed)):
                raise
        finally:
            owner.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(place))

    case()

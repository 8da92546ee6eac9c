"""The control tables: what is old and no longer read goes, and the rest is rewritten in order."""

import json

from functions.maintain.moments import Moments
from functions.maintain.statements import history_statement
from functions.shared.ground.errors import WarehouseUnavailable
from functions.shared.snowflake.session import SnowflakeSession


def prune_history(snowflake: SnowflakeSession, database: str, moments: Moments) -> dict[str, int]:
    """How many rows went from each table.

    Raises WarehouseUnavailable where another session wrote or removed old rows meanwhile.
    """
    [answer] = snowflake.rows(history_statement(database, moments))
    outcome = str(next(iter(answer.values())))
    if outcome == "CONCURRENT":
        raise WarehouseUnavailable(
            "the control tables: another session wrote or removed rows of theirs from before yesterday; nothing was "
            "changed: run the maintenance again"
        )
    return {name: int(rows) for name, rows in json.loads(outcome).items()}

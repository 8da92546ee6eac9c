"""Goes into a deployed function's package and obeys what tests leave in a folder.

`<table>/<step>.<point>`, point `before` or `after`, holds SQL that runs once in Aurora there, as the tables' owner.
`<table>/hold` keeps the next batch of the table waiting before its merge, loaded or not, until `held.<batch>` is gone.
`<table>/pause` holds a part of a statement in Snowflake, before which the step waits until `paused` is gone.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path("@FOLDER@")
_DSN = "@DSN@"
_WAIT_SECONDS = 12
# So long ago that an event which has not come by now counts as lost.
_SINCE = timedelta(seconds=80)
_LONGEST_PAUSE_SECONDS = 120

Handler = Callable[[Any, Any], Any]


def at_seams(step: str, handler: Handler) -> Handler:
    """The handler, with what was ordered before and after it."""

    def ordered(event: Any, context: Any) -> Any:
        table = event["table"]["table_name"]
        run_order(table, f"{step}.before")
        if step == "await_load" and _is_held(FOLDER / table, event["batch"]["id"]):
            since = (datetime.now(UTC) - _SINCE).isoformat()
            load = {**event["load"], "status": "PENDING", "loaded": 0, "wait_seconds": _WAIT_SECONDS, "since": since}
            return {"load": load}
        answer = handler(event, context)
        run_order(table, f"{step}.after")
        return answer

    return ordered


def run_order(table: str, seam: str) -> None:
    """Runs what is ordered for the table at this seam."""
    order = FOLDER / table / seam
    taken = order.with_suffix(".taken")
    try:
        order.rename(taken)
    except FileNotFoundError:
        return
    import psycopg2

    connection = psycopg2.connect(_DSN)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(taken.read_text())
    connection.close()


def _is_held(folder: Path, batch: str) -> bool:
    held = folder / f"held.{batch}"
    try:
        (folder / "hold").rename(held)
    except FileNotFoundError:
        return held.exists()
    return True


def pause_before(statement: str) -> None:
    """Waits where a table's order names this statement."""
    for order in FOLDER.glob("*/pause"):
        if order.read_text() in statement:
            paused, deadline = order.rename(order.with_name("paused")), time.monotonic() + _LONGEST_PAUSE_SECONDS
            while paused.exists():
                assert time.monotonic() < deadline, f"nobody ended the pause before {statement}"
                time.sleep(0.05)

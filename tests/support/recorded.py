"""Events that the steps exchanged before their state had models: an execution may still carry them.

`recorded_events.json` holds, by strategy and run (first, next, refresh), the parts that a wave's steps passed on, of a
table `t` in a schema of its own: id int, at timestamptz, n numeric(10,2), tags text[], m (an enum), pad text.
"""

import json
from pathlib import Path
from typing import Any

RECORDED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("recorded_events.json").read_text())
TABLE = "(id int PRIMARY KEY, at timestamptz NOT NULL, n numeric(10,2), tags text[], m {schema}.mood, pad text)"


def event_of(run: str, table: str, *parts: str) -> dict[str, Any]:
    """The event that a step got, with these parts beside table and execution; the table has another name now."""
    recorded = json.loads(json.dumps(RECORDED[run]).replace(RECORDED[run]["spec"]["table_name"], table))
    former, schema = (name.split(".")[0] for name in (RECORDED[run]["spec"]["table_name"], table))
    for column in recorded["schema"]["columns"]:
        column[1][1] = column[1][1].replace(f"{former}.", f"{schema}.")
    named = {"table_name": table, "spec": recorded["spec"], "digest": "d"}
    return {"table": named, "execution": "e1", **{part: recorded[part] for part in parts}}

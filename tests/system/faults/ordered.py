"""Goes into each deployed function's package and obeys orders that tests leave in a folder.

An order is the file `<table>/<step>.<point>`, point `before` or `after`; whoever renames it, obeys it once: `die` ends
the process, `sleep` outlasts the function's timeout, `twice` does the work two times, and `hold <name>` waits until the
file `<name>.go` appears, whose text is the order to go on with (empty: none).
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path("@FOLDER@")
_LONGEST_HOLD_SECONDS = 240

Handler = Callable[[Any, Any], Any]


def ordered(step: str, handler: Handler) -> Handler:
    """The handler, under orders."""

    def obedient(event: Any, context: Any) -> Any:
        table = event.get("table") if isinstance(event, dict) else None
        folder = FOLDER / (table["table_name"] if isinstance(table, dict) else "workflow")
        order = _meet(folder / f"{step}.before", event)
        answer = handler(event, context)
        if order == "twice":
            answer = handler(event, context)
        _meet(folder / f"{step}.after", {**event, **answer})
        return answer

    return obedient


def _meet(path: Path, data: Any) -> str:
    taken = path.with_name(f"{path.name}.{os.getpid()}-{time.monotonic_ns()}")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return ""
    return _obey(taken.read_text(), path, taken, data)


def _obey(order: str, path: Path, taken: Path, data: Any) -> str:
    if order == "die":
        os._exit(1)
    if order == "sleep":
        time.sleep(_LONGEST_HOLD_SECONDS)
    if order.startswith("hold"):
        name = order.partition(" ")[2]
        held, go = path.parent / f"{name}.held", path.parent / f"{name}.go"
        writing = held.with_suffix(".writing")
        writing.write_text(json.dumps(data))
        writing.rename(held)
        deadline = time.monotonic() + _LONGEST_HOLD_SECONDS
        while not go.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return _obey(go.read_text() if go.exists() else "", path, taken, data)
    return order

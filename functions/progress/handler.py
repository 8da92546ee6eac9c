"""Progress: reads how far the tables are copied, all at once, so that an idle table need not ask Snowflake itself."""

import json
from collections.abc import Mapping, Sequence

from functions.progress.recorded import read_recorded
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.state import Table
from functions.shared.contract.watermark import Progress
from functions.shared.contract.wire import Wire
from functions.shared.ground.observability import logger, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake.session import snowflake_session

# A state of the workflow has at most 256 KiB, or the whole execution dies; the rest is for what the invocation adds.
_STATE_BYTES = 240 * 1024


class Input(Wire):
    """All tables of the execution."""

    tables: list[Table]


class Output(Wire):
    """The progress of tables by their names; a table without it asks Snowflake itself."""

    progress: dict[str, Progress]


@step
def handler(given: Input) -> Output:
    """Raises AccessDenied, WarehouseRejected, WarehouseUnavailable or VaultUnavailable; the tables then ask."""
    specs = _incremental(given.tables)
    if not specs:
        return Output(progress={})
    with snowflake_session(f"{len(specs)} tables") as snowflake:
        found = read_recorded(snowflake, settings().snowflake_database, specs)
    fitting = fit(found, given.tables)
    logger.info("Read progress", extra={"asked": len(specs), "found": len(found), "passed_on": len(fitting)})
    return Output(progress=fitting)


def _incremental(tables: Sequence[Table]) -> dict[str, TableSpec]:
    """The tables that can be idle: neither invalid, nor replayed, nor to be reloaded."""
    asked = [table for table in tables if table.problem is None and table.replay is None]
    specs = {table.table_name: table.specification() for table in asked}
    return {name: spec for name, spec in specs.items() if not spec.full_refresh}


def fit(found: Mapping[str, Progress], tables: Sequence[Table]) -> dict[str, Progress]:
    """As many as fit into the state beside the tables, the smallest first."""
    left = _STATE_BYTES - _bytes([table.model_dump(mode="json") for table in tables])
    fitting: dict[str, Progress] = {}
    sizes = {name: _bytes({name: one.model_dump(mode="json")}) for name, one in found.items()}
    for name in sorted(sizes, key=sizes.__getitem__):
        left -= sizes[name]
        if left < 0:
            break
        fitting[name] = found[name]
    return fitting


def _bytes(value: object) -> int:
    """At least the bytes that the workflow counts: it writes no spaces, and other letters in UTF-8."""
    return len(json.dumps(value))

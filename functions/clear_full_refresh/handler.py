"""Clear full refresh: removes the flag of each table that was reloaded, unless someone edited the table meanwhile."""

import json
import random
import time
from typing import Any

from functions.shared.access import parameters
from functions.shared.contract.specifications import Parameter, collect, table_key
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import ParametersUnavailable
from functions.shared.ground.observability import logger, step
from functions.shared.ground.settings import settings

# Much longer than the function takes from its reading to its writing.
_SETTLE_SECONDS = (1.0, 3.0)
_ROUNDS = 8


class Refreshed(Wire):
    """A table that was reloaded, and the digest of its specification at that time."""

    table_name: str
    digest: str


class Input(Wire):
    """The tables that were reloaded."""

    tables: list[Refreshed]


class Output(Wire):
    """The names of the tables whose flag was removed; the others were edited meanwhile, or had none any more."""

    cleared: list[str]


@step
def handler(given: Input) -> Output:
    """Raises AccessDenied, ParametersUnavailable or InvalidConfiguration."""
    cleared: dict[str, None] = {}
    for _ in range(_ROUNDS):
        if not (flagged := _clear_once(given.tables)):
            logger.info("Cleared full_refresh", extra={"tables": list(cleared)})
            return Output(cleared=list(cleared))
        cleared |= dict.fromkeys(flagged)
        # Tables that end at the same moment write the same list, and a write can bring back a flag that was removed.
        time.sleep(random.uniform(*_SETTLE_SECONDS))  # noqa: S311 -- it spreads writers
    raise ParametersUnavailable(
        f"{', '.join(cleared)}: others kept writing the parameters, so that full_refresh came back {_ROUNDS} times; "
        "remove it by hand if retries do not help"
    )


def _clear_once(tables: list[Refreshed]) -> list[str]:
    """Removes the flags, and names the tables that had one."""
    prefix = settings().parameter_prefix
    stored = parameters.read_tables(prefix)
    entries = {entry.label: entry for entry in collect(stored, prefix)}
    unchanged = [
        table.table_name
        for table in tables
        if table.table_name in entries and entries[table.table_name].digest == table.digest
    ]
    origins = {origin for name in unchanged for origin in entries[name].origins}
    for parameter in stored:
        if parameter.name in origins:
            _clear(parameter, set(unchanged))
    return unchanged


def _clear(parameter: Parameter, tables: set[str]) -> None:
    """Writes the parameter without the flags of these tables.

    Parameter Store has no conditional write: an edit that was made between reading and writing is found by its version
    and written back, without the flags of the tables that it did not change.
    """
    flagged = _flagged(parameter, tables)
    name, stored, version = parameter.name, parameter.value, parameter.version
    wanted = _without_flags(stored, flagged)
    while wanted != stored:
        stored, written = wanted, parameters.write(name, wanted)
        if written != version + 1:
            wanted = _without_flags(parameters.previous(name, written - 1), flagged)
        version = written


def _flagged(parameter: Parameter, tables: set[str]) -> list[Any]:
    own = parameter.name.rsplit("/tables/", 1)[-1]
    keys = {table_key(table) for table in tables}
    return [
        spec
        for spec in _specs(parameter.parse())
        if isinstance(spec, dict) and spec.get("full_refresh") and table_key(str(spec.get("table_name", own))) in keys
    ]


def _without_flags(text: str, flagged: list[Any]) -> str:
    """The text without the flags of the `flagged` specifications; never longer than it was."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    unchanged = [spec for spec in _specs(value) if spec in flagged]
    for spec in unchanged:
        del spec["full_refresh"]
    if not unchanged:
        return text
    indented = json.dumps(value, indent=2, ensure_ascii=False)
    return indented if len(indented) <= len(text) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _specs(value: Any) -> list[Any]:
    listed = value.get("tables", [value]) if isinstance(value, dict) else value
    return listed if isinstance(listed, list) else []

"""Clear full refresh: removes the flag of each table that was reloaded, unless someone edited the table meanwhile."""

import random
import time

from functions.clear_full_refresh.flags import clear
from functions.shared.access import parameters
from functions.shared.contract.specifications import collect
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
        time.sleep(random.uniform(*_SETTLE_SECONDS))  # noqa: S311 -- a wait, no secret
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
            clear(parameter, set(unchanged))
    return unchanged

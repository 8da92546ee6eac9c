"""Clear full refresh: removes the flag of each table that was reloaded, unless someone edited the table meanwhile."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared import parameters
from functions.shared.observability import Event, logger, step
from functions.shared.parameters import Parameter
from functions.shared.settings import settings
from functions.shared.specifications import collect, table_key

_ATTEMPTS = 3


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Takes {"tables": [{table_name, digest}, ...]} and returns {"cleared": [table_name, ...]}."""
    prefix = settings().parameter_prefix
    stored = list(parameters.read_tables(prefix))
    entries = {entry.label: entry for entry in collect(stored, prefix)}
    unchanged = [
        table["table_name"]
        for table in event["tables"]
        if table["table_name"] in entries and entries[table["table_name"]].digest == table["digest"]
    ]
    origins = {origin for name in unchanged for origin in entries[name].origins}
    for parameter in stored:
        if parameter.name in origins:
            _clear(parameter, set(unchanged))
    logger.info("Cleared full_refresh", extra={"tables": unchanged})
    return {"cleared": unchanged}


def _clear(parameter: Parameter, tables: set[str]) -> None:
    for _ in range(_ATTEMPTS):
        changed = _without_flag(parameter, tables)
        if changed is None:
            return
        version = parameters.write(parameter, changed)
        if version == parameter.version + 1:
            return
        # Someone wrote between our read and our write: their text is the version before ours, so start from it.
        theirs = parameters.previous(parameter.name, version - 1)
        parameter = Parameter(parameter.name, theirs, version)


def _without_flag(parameter: Parameter, tables: set[str]) -> Any:
    """The parameter's value without the tables' flags, or None where it has none of them."""
    value = json.loads(parameter.value)
    own = parameter.name.rsplit("/tables/", 1)[-1]
    listed = value.get("tables", [value]) if isinstance(value, dict) else value
    keys = {table_key(table) for table in tables}
    flagged = [
        spec
        for spec in listed
        if isinstance(spec, dict) and spec.get("full_refresh") and table_key(str(spec.get("table_name", own))) in keys
    ]
    for spec in flagged:
        del spec["full_refresh"]
    return value if flagged else None

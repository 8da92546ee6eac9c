"""The flags in one parameter: removed without losing an edit that was made meanwhile."""

import json
from typing import Any

from functions.shared.access import parameters
from functions.shared.contract.specifications import Parameter, table_key


def clear(parameter: Parameter, tables: set[str]) -> None:
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

"""All table specifications of a deployment, gathered from the list parameter and the tables' own parameters. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from functions.shared.contract.names import SourceTable
from functions.shared.contract.spec import parse_spec
from functions.shared.contract.state import Table
from functions.shared.ground.errors import InvalidConfiguration


@dataclass(frozen=True)
class Parameter:
    """One parameter: its full name, text and version."""

    name: str
    value: str
    version: int

    def parse(self) -> Any:
        """Its JSON value. Raises json.JSONDecodeError."""
        return json.loads(self.value)


@dataclass
class Entry:
    """One table's raw specification and the parameters it was read from; `problem` is why it cannot run."""

    label: str
    raw: dict[str, Any] = field(default_factory=dict)
    origins: list[str] = field(default_factory=list)
    problem: str | None = None

    @property
    def digest(self) -> str:
        """Changes with every edit of the specification."""
        return hashlib.sha256(json.dumps(self.raw, sort_keys=True).encode()).hexdigest()[:16]

    def to_table(self, replay: bool = False) -> Table:
        """The table as the workflow's input, for its rows in Aurora or, with `replay`, for those in quarantine."""
        table = Table(table_name=self.label, replay=True if replay else None)
        found = {"problem": self.problem} if self.problem else {"spec": self.raw, "digest": self.digest}
        return table.model_copy(update=found)


def collect(parameters: Iterable[Parameter], prefix: str) -> list[Entry]:
    """One entry per table; what is wrong with one never hides another."""
    list_name = f"{prefix}/tables"
    entries: dict[str, Entry] = {}
    own: list[Parameter] = []
    for parameter in parameters:
        if parameter.name == list_name:
            for entry in _listed(parameter):
                _add(entries, entry)
        else:
            own.append(parameter)
    for parameter in own:
        _override(entries, _own(parameter, list_name), parameter.name)
    _validate(entries.values())
    return list(entries.values())


def select(entries: list[Entry], names: Any) -> list[Entry]:
    """The entries that `names` lists: tables, or parameters that could not be read; None selects all.

    A name that is not configured becomes an entry that fails. Raises InvalidConfiguration for anything but names.
    """
    if names is None:
        return entries
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise InvalidConfiguration(
            'The input\'s "tables" is not a list of table names; write {"tables": ["public.orders"]}, or {} for all'
        )
    chosen: dict[str, Entry] = {}
    for name in names:
        found = [
            entry
            for entry in entries
            if name in (entry.label, *entry.origins) or table_key(name) == table_key(entry.label)
        ]
        for entry in found or [_unknown(name, entries)]:
            chosen[entry.label] = entry
    return list(chosen.values())


def is_replay(value: Any) -> bool:
    """Whether the input's "replay" selects the quarantine instead of Aurora; it is None where the input has none.

    Raises InvalidConfiguration for anything but true or false: a typing error must not start a sync.
    """
    return _is_true("replay", value, '{"tables": ["public.orders"], "replay": true}')


def is_maintenance(value: Any, tables: Any) -> bool:
    """Whether the input's "maintain" asks for maintenance instead of a sync; it is None where the input has none.

    Raises InvalidConfiguration for anything but true or false, and with tables: maintenance is about all of them.
    """
    asked = _is_true("maintain", value, '{"maintain": true}')
    if asked and tables is not None:
        raise InvalidConfiguration(
            'The input has "tables" beside "maintain", and maintenance is about all of them; write {"maintain": true}'
        )
    return asked


def _is_true(key: str, value: Any, example: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InvalidConfiguration(f'The input\'s "{key}" is {value!r}, which is neither true nor false; write {example}')


def _listed(parameter: Parameter) -> list[Entry]:
    try:
        value = parameter.parse()
    except json.JSONDecodeError as error:
        return [Entry(parameter.name, origins=[parameter.name], problem=_unreadable(parameter, error))]
    tables = value.get("tables") if isinstance(value, Mapping) else value
    if not isinstance(tables, list):
        problem = f'{parameter.name}: holds neither a list of tables nor {{"tables": [...]}}; write one of the two'
        return [Entry(parameter.name, origins=[parameter.name], problem=problem)]
    return [_entry(raw, parameter.name, f"{parameter.name}[{index}]") for index, raw in enumerate(tables)]


def _own(parameter: Parameter, list_name: str) -> Entry:
    table = parameter.name.removeprefix(list_name + "/")
    try:
        raw = parameter.parse()
    except json.JSONDecodeError as error:
        return Entry(table, origins=[parameter.name], problem=_unreadable(parameter, error))
    if isinstance(raw, Mapping):
        raw = {"table_name": table, **raw}
        if table_key(str(raw["table_name"])) != table_key(table):
            problem = f"{table}: {parameter.name} holds table_name {raw['table_name']!r}; make the two agree"
            return Entry(table, origins=[parameter.name], problem=problem)
    return _entry(raw, parameter.name)


def _entry(raw: Any, *origins: str) -> Entry:
    """`origins` are the parameter and the place in it; an input may name what failed by either."""
    place = origins[-1]
    name = raw.get("table_name") if isinstance(raw, Mapping) else None
    if not isinstance(name, str) or not name:
        problem = f'{place}: table_name is missing; write an object such as {{"table_name": "public.orders", ...}}'
        return Entry(place, origins=list(origins), problem=problem)
    return Entry(name, dict(raw), list(origins))


def _add(entries: dict[str, Entry], entry: Entry) -> None:
    key = table_key(entry.label)
    if key in entries:
        entries[key].problem = f"{entry.label}: {entry.origins[0]} holds two specifications of this table; keep one"
    else:
        entries[key] = entry


def _override(entries: dict[str, Entry], own: Entry, origin: str) -> None:
    listed = entries.get(table_key(own.label))
    if listed is None:
        entries[table_key(own.label)] = own
    elif own.problem:
        listed.problem = own.problem
    else:
        listed.raw = {**listed.raw, **own.raw}
        listed.origins.append(origin)


def _validate(entries: Iterable[Entry]) -> None:
    targets: dict[str, str] = {}
    for entry in entries:
        if entry.problem:
            continue
        try:
            source = parse_spec(entry.raw, entry.label).source
        except InvalidConfiguration as error:
            entry.problem = str(error)
            continue
        other = targets.setdefault(source.object_name, entry.label)
        if other != entry.label:
            entry.problem = f"{entry.label}: table_name has the same name in Snowflake as {other}; rename one of them"


def _unknown(name: str, entries: list[Entry]) -> Entry:
    labels = [entry.label for entry in entries]
    near = get_close_matches(name, labels, n=1)
    hint = f"did you mean {near[0]}?" if near else f"configured are {', '.join(labels[:20]) or 'no tables'}"
    return Entry(name, problem=f"{name}: table_name is not configured; {hint}")


def table_key(name: str) -> str:
    """A table's name in one spelling, by which two spellings are compared."""
    try:
        return str(SourceTable.parse(name))
    except InvalidConfiguration:
        return name


def _unreadable(parameter: Parameter, error: json.JSONDecodeError) -> str:
    return f"{parameter.name}: is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}; correct it"

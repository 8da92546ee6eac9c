"""The table specification: what an operator may write about one table, and one sentence about each mistake in it."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from functions.shared.contract.names import SourceTable
from functions.shared.contract.traits import DEFAULT, STRATEGY_KEYS, TRAITS, StrategyName, Traits, strategies
from functions.shared.ground.errors import InvalidConfiguration

Unrepresentable = Literal["quarantine", "text", "fail"]
SchemaChanges = Literal["evolve", "freeze", "ignore"]
OTHER_COLUMNS = "*"
_MIN_WATERMARK_COLS = 2


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _warehouse(name: str) -> str:
    """The name in the case in which Snowflake reads one without quotes."""
    if not re.fullmatch(r"[A-Za-z_](\$?[A-Za-z0-9_]){0,120}\$?", name):
        raise ValueError(
            f"warehouse {name!r} is no name that Snowflake takes without quotes; use letters, digits, _ and $, the "
            "first a letter"
        )
    return name.upper()


Columns = Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_as_list)]


class TableSpec(BaseModel):
    """One table's specification; every key an operator may write is a field here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table_name: Annotated[str, Field(min_length=1)]
    watermark_type: StrategyName = DEFAULT
    watermark_col: Annotated[str, Field(min_length=1)] | None = None
    watermark_cols: Columns | None = None
    watermark_timezone: Annotated[str, Field(min_length=1)] | None = None
    primary_keys: Columns = []
    primary_key: Columns = []
    deletes: Literal["soft", "hard"] = "soft"
    max_delete_percent: Annotated[int, Field(ge=0, le=100)] = 50
    max_staleness_minutes: Annotated[int, Field(ge=1)] | None = None
    full_refresh: bool = False
    schema_changes: SchemaChanges = "evolve"
    on_unrepresentable: Unrepresentable | dict[Annotated[str, Field(min_length=1)], Unrepresentable] = "quarantine"
    merge_by: Literal["query", "task"] = "query"
    warehouse: Annotated[str, AfterValidator(_warehouse)] | None = None

    @cached_property
    def source(self) -> SourceTable:
        """The Aurora table this specification is about."""
        return SourceTable.parse(self.table_name)

    @property
    def traits(self) -> Traits:
        """The properties of its strategy."""
        return TRAITS[self.watermark_type]

    @property
    def keys(self) -> list[str]:
        """The key columns as configured; empty means the table's own primary key."""
        return self.primary_keys or self.primary_key

    @property
    def watermarks(self) -> list[str]:
        """The watermark columns, leading column first; empty where the strategy has none."""
        return self.watermark_cols or ([self.watermark_col] if self.watermark_col else [])

    @property
    def measure(self) -> str:
        """What low bounds are measured in; a bound in another measure cannot be used."""
        return f"column {self.watermarks[0]}" if self.watermarks else self.watermark_type

    def unrepresentable(self, column: str) -> Unrepresentable:
        """What becomes of a value of this column that its Snowflake type cannot hold."""
        policies = self.on_unrepresentable
        if isinstance(policies, str):
            policies = {OTHER_COLUMNS: policies}
        policy = policies.get(column, policies.get(OTHER_COLUMNS, "quarantine"))
        # The maximum of a watermark's text is not its highest value.
        return "quarantine" if column in self.watermarks and policy == "text" else policy

    @model_validator(mode="after")
    def _consistent(self) -> "TableSpec":
        problems = (self._strategy_problem, self._key_problem, self._unrepresentable_problem, self._warehouse_problem)
        problem = next(filter(None, (find() for find in problems)), None)
        if problem:
            raise ValueError(problem)
        return self

    def _strategy_problem(self) -> str | None:
        kind, traits = self.watermark_type, self.traits
        given = {key for key in STRATEGY_KEYS & self.model_fields_set if getattr(self, key) is not None}
        missing = [key for key in traits.needs if key not in given]
        if meaningless := sorted(given - traits.keys):
            key = meaningless[0]
            owners = strategies(lambda other: key in other.keys)
            instead = f"{kind} takes {missing[0]}" if missing else "remove it"
            return f"{key} belongs to watermark_type {owners} and has no meaning for watermark_type {kind}; {instead}"
        if missing:
            return f"{missing[0]} is missing; watermark_type {kind} needs {traits.needs[missing[0]]}"
        columns = self.watermark_cols
        if columns is not None and (len(columns) < _MIN_WATERMARK_COLS or len(set(columns)) != len(columns)):
            return f"watermark_cols needs {traits.needs['watermark_cols']}"
        return None

    def _key_problem(self) -> str | None:
        if self.primary_keys and self.primary_key:
            return "primary_keys and primary_key are both given; keep one of them"
        if len(set(self.keys)) != len(self.keys):
            return "primary_keys names a column twice; name each column once"
        return None

    def _unrepresentable_problem(self) -> str | None:
        policies = self.on_unrepresentable
        named = [column for column in self.watermarks if isinstance(policies, dict) and policies.get(column) == "text"]
        if named:
            return f"on_unrepresentable cannot be text for watermark column {named[0]!r}; use quarantine or fail"
        return None

    def _warehouse_problem(self) -> str | None:
        if self.warehouse and self.merge_by == "task":
            return "warehouse has no meaning for merge_by task, whose task is serverless; remove one of the two"
        return None


def parse_spec(raw: Any, origin: str) -> TableSpec:
    """Validates one specification read from `origin` (a Parameter Store name).

    Raises InvalidConfiguration with one sentence naming table, key and remedy.
    """
    if not isinstance(raw, Mapping):
        raise InvalidConfiguration(f"{origin}: a table specification is a JSON object, not {type(raw).__name__}")
    name = raw.get("table_name")
    label = name if isinstance(name, str) and name else origin
    try:
        spec = TableSpec.model_validate(dict(raw))
    except ValidationError as error:
        sentences = "; ".join(dict.fromkeys(_sentence(detail) for detail in error.errors()))
        raise InvalidConfiguration(f"{label}: {sentences}") from None
    _ = spec.source
    return spec


def _sentence(detail: ErrorDetails) -> str:
    key = str(detail["loc"][0]) if detail["loc"] else ""
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        allowed = sorted(TableSpec.model_fields)
        near = get_close_matches(key, allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"unknown key {key!r}{hint} (allowed keys: {', '.join(allowed)})"
    if kind == "missing":
        return f"{key} is missing"
    if kind == "literal_error":
        return f"{key} {given!r} is not known; allowed values: {detail['ctx']['expected']}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    return f"{key} {given!r} is not valid: {detail['msg'].lower()}"

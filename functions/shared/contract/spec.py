"""The table specification: what an operator may write about one table, and what is wrong with it in one sentence."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from functions.shared.contract.names import SourceTable
from functions.shared.ground.errors import InvalidConfiguration

Strategy = Literal["timestamp", "integer", "composite", "xmin", "full_snapshot"]
Unrepresentable = Literal["quarantine", "text", "fail"]
SchemaChanges = Literal["evolve", "freeze", "ignore"]
STRATEGIES: tuple[str, ...] = get_args(Strategy)
OTHER_COLUMNS = "*"
_MIN_COMPOSITE_COLUMNS = 2


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_as_list)]


class TableSpec(BaseModel):
    """One table's specification; every key an operator may write is a field here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table_name: Annotated[str, Field(min_length=1)]
    watermark_type: Strategy = "timestamp"
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

    @cached_property
    def source(self) -> SourceTable:
        """The Aurora table this specification is about."""
        return SourceTable.parse(self.table_name)

    @property
    def keys(self) -> list[str]:
        """The key columns as configured; empty means the table's own primary key."""
        return self.primary_keys or self.primary_key

    @property
    def watermarks(self) -> list[str]:
        """The watermark columns, leading column first; empty for xmin and full_snapshot."""
        return self.watermark_cols or ([self.watermark_col] if self.watermark_col else [])

    def unrepresentable(self, column: str) -> Unrepresentable:
        """What becomes of a value of this column that its Snowflake type cannot hold."""
        policies = self.on_unrepresentable
        if isinstance(policies, str):
            policies = {OTHER_COLUMNS: policies}
        policy = policies.get(column, policies.get(OTHER_COLUMNS, "quarantine"))
        # MAX over a watermark's text would not be its highest value.
        return "quarantine" if column in self.watermarks and policy == "text" else policy

    @model_validator(mode="after")
    def _consistent(self) -> "TableSpec":
        problem = self._watermark_problem() or self._key_problem() or self._unrepresentable_problem()
        if problem:
            raise ValueError(problem)
        return self

    def _watermark_problem(self) -> str | None:
        kind = self.watermark_type
        if self.watermark_timezone and kind not in ("timestamp", "composite"):
            return f"watermark_timezone has no meaning for watermark_type {kind}; remove it"
        if kind == "composite":
            return self._composite_problem()
        if kind in ("xmin", "full_snapshot"):
            meaningless = f"watermark_col and watermark_cols have no meaning for watermark_type {kind}; remove them"
            return meaningless if self.watermarks else None
        if self.watermark_cols is not None:
            return f"watermark_cols belongs to watermark_type composite; {kind} takes one column as watermark_col"
        if self.watermark_col is None:
            return f"watermark_col is missing; watermark_type {kind} needs the column that moves with every change"
        return None

    def _composite_problem(self) -> str | None:
        columns = self.watermark_cols or []
        if self.watermark_col is not None:
            return "watermark_col belongs to timestamp and integer; composite takes watermark_cols"
        if len(columns) < _MIN_COMPOSITE_COLUMNS or len(set(columns)) != len(columns):
            return (
                "watermark_cols needs two or more different columns for composite, the timestamp first, "
                'e.g. ["updated_at", "id"]; with one column use watermark_type timestamp'
            )
        return None

    def _key_problem(self) -> str | None:
        if self.primary_keys and self.primary_key:
            return "primary_keys and primary_key are both given; keep one of them"
        if len(set(self.keys)) != len(self.keys):
            return "primary_keys names a column twice; name each column once"
        if "deletes" in self.model_fields_set and self.watermark_type != "full_snapshot":
            return "deletes belongs to watermark_type full_snapshot, the only one that sees deleted rows; remove it"
        return None

    def _unrepresentable_problem(self) -> str | None:
        policies = self.on_unrepresentable
        named = [column for column in self.watermarks if isinstance(policies, dict) and policies.get(column) == "text"]
        if named:
            return f"on_unrepresentable cannot be text for watermark column {named[0]!r}; use quarantine or fail"
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


def spec_of(item: Mapping[str, Any]) -> TableSpec:
    """The specification in one of the config function's items.

    Raises InvalidConfiguration with the sentence that config recorded for a table that cannot run.
    """
    if problem := item.get("problem"):
        raise InvalidConfiguration(problem)
    return parse_spec(item["spec"], item["table_name"])

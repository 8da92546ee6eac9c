"""What one execution, and one table of it, used."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Counts:
    """Usage: `statements` sent to Snowflake, and those `on_warehouse`, by first word; `milliseconds` by function.

    `load_looks` and `merge_looks` are how often a load and a merge were looked at, `lease_writes` the requests to
    DynamoDB, `log_bytes` what the functions logged. `metrics` is the number of distinct CloudWatch metrics, `files` the
    number of new objects in the bucket.
    """

    transitions: float
    invocations: float
    gigabyte_seconds: float
    load_looks: float
    merge_looks: float
    lease_writes: float
    log_bytes: float
    milliseconds: dict[str, float]
    statements: dict[str, float]
    on_warehouse: dict[str, float]
    metrics: float
    files: float


def per_table(few: Counts, few_tables: int, many: Counts, many_tables: int) -> tuple[Counts, Counts]:
    """The usage of one more table, and of an execution without tables."""
    added = many_tables - few_tables
    one = _combined(many, few, lambda more, less: (more - less) / added)
    return one, _combined(few, one, lambda total, each: total - few_tables * each)


def _combined(left: Counts, right: Counts, of: Callable[[float, float], float]) -> Counts:
    def by_key(name: str) -> dict[str, float]:
        mine, others = getattr(left, name), getattr(right, name)
        return {key: of(mine.get(key, 0), others.get(key, 0)) for key in sorted({*mine, *others})}

    names = [one.name for one in fields(Counts)]
    made: dict[str, Any] = {
        name: by_key(name) if isinstance(getattr(left, name), dict) else of(getattr(left, name), getattr(right, name))
        for name in names
    }
    return Counts(**made)

"""What each strategy is, as data: specifications, merge rules, slices, error texts and the documentation read it here.

Pure, and without a driver: Config refuses a wrong specification and is deployed without one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

StrategyName = Literal["timestamp", "composite", "integer", "xmin", "full_snapshot"]
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
DEFAULT: StrategyName = "timestamp"

# Where rows come from: a query that Aurora exports for the sync, or files that another system wrote.
Origin = Literal["query", "files"]
# What a batch is: rows to apply to FINAL, or the whole table, so that rows it lacks are deleted.
Form = Literal["rows", "whole"]
# What the leading watermark column holds.
Lead = Literal["moment", "integer"]


@dataclass(frozen=True)
class Traits:
    """One strategy.

    `needs` and `takes` are the keys of a specification that have a meaning with it: those of `needs` are required, each
    with what it names. `leads` is None without a watermark column. Slices are read `in_waves` where rows that a wave
    merged need not be read again. The texts `requires`, `reads`, `late_commits`, `misses` and `cost` are the
    documentation's, in Markdown.
    """

    needs: Mapping[str, str]
    takes: frozenset[str]
    leads: Lead | None
    sees_updates: bool
    sees_deletes: bool
    needs_key: bool
    in_waves: bool
    origin: Origin
    form: Form
    requires: str
    reads: str
    late_commits: str
    misses: str
    cost: str

    @property
    def keys(self) -> frozenset[str]:
        """The keys of a specification that have a meaning with this strategy, and not with all."""
        return self.takes | self.needs.keys()


_MOMENT = Traits(
    needs={"watermark_col": "the column that moves with every change"},
    takes=frozenset({"watermark_timezone"}),
    leads="moment",
    sees_updates=True,
    sees_deletes=False,
    needs_key=False,
    in_waves=True,
    origin="query",
    form="rows",
    requires="a timestamp that every change sets to `now()`, NOT NULL, indexed",
    reads="`max(FINAL) < col < fence`",
    late_commits="exact",
    misses="deletes; changes that leave the column as it is; times set in the past by the application",
    cost="an index range",
)
TRAITS: Mapping[StrategyName, Traits] = {
    "timestamp": _MOMENT,
    "composite": replace(
        _MOMENT,
        needs={
            "watermark_cols": 'two or more different columns, the timestamp first, e.g. ["updated_at", "id"]; '
            "with one column use watermark_type timestamp"
        },
        requires="the same, and an id",
    ),
    "integer": Traits(
        needs={"watermark_col": "the column that grows with every row"},
        takes=frozenset(),
        leads="integer",
        sees_updates=False,
        sees_deletes=False,
        needs_key=False,
        in_waves=True,
        origin="query",
        form="rows",
        requires="an ever-growing id (sequence with `CACHE 1`)",
        reads="`max(FINAL) < id <= ceiling`",
        late_commits="exact",
        misses="updates, deletes",
        cost="an index range",
    ),
    "xmin": Traits(
        needs={},
        takes=frozenset(),
        leads=None,
        sees_updates=True,
        sees_deletes=False,
        needs_key=True,
        in_waves=False,
        origin="query",
        form="rows",
        requires="a primary key, no column at all",
        reads="rows written by transactions between two horizons",
        late_commits="exact",
        misses="deletes",
        cost="one scan",
    ),
    "full_snapshot": Traits(
        needs={},
        takes=frozenset({"deletes"}),
        leads=None,
        sees_updates=True,
        sees_deletes=True,
        needs_key=False,
        in_waves=False,
        origin="query",
        form="whole",
        requires="nothing",
        reads="everything, if any row was written or the count changed",
        late_commits="exact",
        misses="",
        cost="one scan; exports everything when anything changed",
    ),
}


# Every key of a specification that has a meaning with some strategies only.
STRATEGY_KEYS = frozenset().union(*(traits.keys for traits in TRAITS.values()))


def strategies(having: Callable[[Traits], bool]) -> str:
    """The names of the strategies with a trait, as a sentence lists them: `a, b or c`."""
    *first, last = (name for name in STRATEGIES if having(TRAITS[name]))
    return f"{', '.join(first)} or {last}" if first else last


def without_watermark() -> str:
    """The names of the strategies that need no watermark column, for remedies."""
    return strategies(lambda traits: traits.leads is None)


def replacing() -> str:
    """The names of the strategies that replace all rows, and so copy a table whose rows no key tells apart."""
    return strategies(lambda traits: traits.form == "whole")

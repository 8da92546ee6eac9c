"""Cuts a window that is too big for one export into slices, and too many slices into waves.

The cuts are quantiles of a sample of the window: the planner's histogram is of the whole table at the last ANALYZE,
without the newer rows that an incremental run reads.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name, rows_in
from functions.shared.contract.bounds import Bounds, ColumnWindow, Slice, Window
from functions.shared.contract.spec import TableSpec

_PAGE_BYTES = 8192
_SAMPLED_PAGES = 2000
_SAMPLED_WIDTHS = 200
_QUANTILES = 1000
# Slices and files travel in the workflow's state, which holds 256 KiB, beside the table's columns.
_SLICES_BYTES = 90_000
_SLICE_OVERHEAD = 24
# A table this much smaller than a slice needs no sample: TOAST seldom compresses better.
_COMPRESSION = 4
_SIZE = """
SELECT sum(pg_table_size(relid))::bigint AS bytes, sum(pg_relation_size(relid))::bigint AS heap
FROM (SELECT relid FROM pg_partition_tree(%(oid)s) UNION SELECT %(oid)s::regclass) AS parts(relid)
"""


@dataclass(frozen=True)
class Limits:
    """The most bytes of text in a slice, and the most slices in a wave."""

    slice_bytes: float
    wave_slices: int


def cut(
    aurora: AuroraSession, spec: TableSpec, relation: Relation, bounds: Bounds, limits: Limits, earlier: Bounds | None
) -> Bounds:
    """The same bounds in slices; `earlier` are those of the run's previous wave, None in its first.

    A watermark window of more slices than a wave ends with its first wave: merged rows are not read again. A complete
    window, and one of transactions, is one wave, because it can only be merged as a whole.
    """
    column = _slice_column(spec, relation, bounds)
    if bounds.status != "NEW" or column is None:
        return bounds
    size = aurora.row(_SIZE, {"oid": relation.oid})
    if size["bytes"] * _COMPRESSION <= limits.slice_bytes:
        return bounds
    percent = min(100.0, 100.0 * _SAMPLED_PAGES * _PAGE_BYTES / max(size["heap"], 1))
    rows_per_slice = limits.slice_bytes / max(_width(aurora, relation, percent), 1) * percent / 100
    window = bounds.window
    rows, quantiles = _quantiles(aurora, relation, window, column, percent)
    slices = math.ceil(rows / rows_per_slice)
    in_waves = spec.traits.in_waves and slices > limits.wave_slices
    if not in_waves or not isinstance(window, ColumnWindow) or _is_stuck(window, earlier):
        return _sliced(bounds, column, boundaries(quantiles, slices))
    leading = quantiles
    if column != window.below.column:
        _, leading = _quantiles(aurora, relation, window, window.below.column, percent)
    ends = boundaries(leading, math.ceil(slices / limits.wave_slices))
    if not ends:
        return _sliced(bounds, column, boundaries(quantiles, slices))
    wave = window.model_copy(update={"below": window.below.model_copy(update={"high": ends[0]})})
    rows, quantiles = _quantiles(aurora, relation, wave, column, percent)
    bounds = bounds.model_copy(update={"window": wave, "more": True})
    return _sliced(bounds, column, boundaries(quantiles, math.ceil(rows / rows_per_slice)))


def _is_stuck(window: ColumnWindow, earlier: Bounds | None) -> bool:
    """Whether the previous wave, all quarantined, did not move FINAL's watermark: the next would be the same."""
    return earlier is not None and earlier.more and earlier.low == window.low


def boundaries(quantiles: Sequence[str], parts: int) -> list[str]:
    """The values that cut sorted `quantiles` into at most `parts` parts of about equal size, none of them empty.

    Fewer parts where the values are so long that they would not fit into the workflow's state.
    """
    cuts = _cuts(quantiles, parts)
    while 2 * len(json.dumps(cuts)) + _SLICE_OVERHEAD * len(cuts) > _SLICES_BYTES:
        cuts = _cuts(quantiles, (len(cuts) + 1) * 3 // 4)
    return cuts


def _cuts(quantiles: Sequence[str], parts: int) -> list[str]:
    chosen: list[str] = []
    for part in range(1, parts if quantiles else 0):
        value = quantiles[part * len(quantiles) // parts]
        if value != quantiles[0] and value not in chosen[-1:]:
            chosen.append(value)
    return chosen


def _slice_column(spec: TableSpec, relation: Relation, bounds: Bounds) -> str | None:
    """The last watermark column, which splits rows of equal timestamps; without a watermark the first key column."""
    if spec.watermarks and not bounds.complete:
        return spec.watermarks[-1]
    return relation.key[0] if relation.key else None


def _quantiles(
    aurora: AuroraSession, relation: Relation, window: Window, column: str, percent: float
) -> tuple[int, list[str]]:
    query = sql.SQL(
        "SELECT count({column}) AS rows, "
        "percentile_disc({steps}) WITHIN GROUP (ORDER BY {column})::text[] AS quantiles "
        "FROM {table} TABLESAMPLE SYSTEM ({percent}) WHERE {window}"
    )
    steps = [step / _QUANTILES for step in range(_QUANTILES)]
    found = aurora.row(
        query.format(
            column=sql.Identifier(column),
            steps=sql.Literal(steps),
            table=full_name(relation.source),
            percent=sql.Literal(percent),
            window=rows_in(window),
        )
    )
    return found["rows"], found["quantiles"] or []


def _width(aurora: AuroraSession, relation: Relation, percent: float) -> float:
    """The average bytes of a row's text, from a few rows, because reading wide rows takes time."""
    query = sql.SQL(
        "SELECT avg(octet_length((t.*)::text)) AS width FROM (SELECT * FROM {} TABLESAMPLE SYSTEM ({}) LIMIT {}) AS t"
    )
    values = full_name(relation.source), sql.Literal(percent), sql.Literal(_SAMPLED_WIDTHS)
    return float(aurora.row(query.format(*values))["width"] or 0)


def _sliced(bounds: Bounds, column: str, cuts: Sequence[str]) -> Bounds:
    if not cuts:
        return bounds
    edges = [None, *cuts, None]
    slices = [Slice(low=low, high=high) for low, high in pairwise(edges)]
    return bounds.model_copy(update={"slice_column": column, "slices": slices})

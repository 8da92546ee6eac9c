"""The dashboard's graphs over all tables, and lists by table, of the functions' metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Line:
    """A line of a graph: one metric of one step, over all tables, by a statistic of CloudWatch."""

    step: str
    metric: str
    statistic: Literal["Sum", "Maximum"]


@dataclass(frozen=True)
class Graph:
    """A graph; `unit` is written at its axis."""

    title: str
    unit: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class ListColumn:
    """A column of a list: a metric, and the function of Logs Insights that makes one value of the interval's."""

    metric: str
    function: Literal["latest", "sum", "max"]


@dataclass(frozen=True)
class TableList:
    """A row per table, from one step's log, the highest values of the first column on top."""

    title: str
    step: str
    columns: Sequence[ListColumn]


GRAPHS = [
    Graph("Staleness before each run", "seconds", [Line("watermark", "Staleness", "Maximum")]),
    Graph("Staleness after each run", "seconds", [Line("reconcile", "Staleness", "Maximum")]),
    Graph(
        "Drift of the watermark after each merge", "seconds or ids", [Line("reconcile", "WatermarkDrift", "Maximum")]
    ),
    Graph("Fence lag", "seconds", [Line("watermark", "FenceLag", "Maximum")]),
    Graph("Rows exported", "rows", [Line("export", "RowsExported", "Sum")]),
    Graph("Rows merged", "rows", [Line("merge", "RowsMerged", "Sum")]),
    Graph("Rows deleted", "rows", [Line("merge", "RowsDeleted", "Sum")]),
    Graph("Rows quarantined", "rows", [Line("merge", "RowsQuarantined", "Sum")]),
    Graph(
        "Ledger and sample mismatches, load failures",
        "events",
        [
            Line("reconcile", "LedgerMismatches", "Sum"),
            Line("reconcile", "SampleMismatches", "Sum"),
            Line("await_load", "LoadFailures", "Sum"),
        ],
    ),
    Graph("Rows held back past the fence", "rows", [Line("watermark", "RowsHeld", "Maximum")]),
    Graph("Duration of a table's run", "seconds", [Line("reconcile", "RunSeconds", "Maximum")]),
    Graph("From export to STAGING", "seconds", [Line("await_load", "LoadLatency", "Maximum")]),
]

COSTS = [
    Graph("Aurora's time for exports", "seconds", [Line("export", "ExportSeconds", "Sum")]),
    Graph("Text that Aurora wrote", "bytes", [Line("export", "BytesExported", "Sum")]),
]

TABLE_LISTS = [
    TableList(
        "Freshness",
        "watermark",
        [ListColumn("Staleness", "latest"), ListColumn("FenceLag", "latest"), ListColumn("RowsHeld", "latest")],
    ),
    TableList(
        "Drift and duration",
        "reconcile",
        [
            ListColumn("WatermarkDrift", "latest"),
            ListColumn("Staleness", "latest"),
            ListColumn("LedgerMismatches", "sum"),
            ListColumn("SampleMismatches", "sum"),
            ListColumn("RunSeconds", "max"),
        ],
    ),
    TableList(
        "Rows merged",
        "merge",
        [ListColumn("RowsMerged", "sum"), ListColumn("RowsDeleted", "sum"), ListColumn("RowsQuarantined", "sum")],
    ),
    TableList(
        "Rows exported",
        "export",
        [ListColumn("RowsExported", "sum"), ListColumn("BytesExported", "sum"), ListColumn("ExportSeconds", "sum")],
    ),
]

"""Every metric that the functions write: its name, the steps that write it, its unit and its meaning.

Dashboard and alarms may use no other metric, and the documentation must have a row for each.
"""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["rows", "seconds", "seconds or ids", "bytes", "files", "tables", "events"]


@dataclass(frozen=True)
class Metric:
    """A metric of one table and, once more, over all tables; `steps` are the folders of the functions that write it."""

    name: str
    steps: tuple[str, ...]
    unit: Unit
    meaning: str


METRICS = (
    Metric("TablesConfigured", ("config",), "tables", "tables of this execution"),
    Metric("TablesMisconfigured", ("config",), "tables", "those of them whose specification cannot be honoured"),
    Metric("FenceLag", ("watermark",), "seconds", "how far the fence lies behind Aurora's clock: an open transaction"),
    Metric(
        "Staleness",
        ("watermark", "reconcile"),
        "seconds",
        "how long the oldest change that FINAL lacks has waited, before the run and after it",
    ),
    Metric("Stale", ("watermark", "reconcile"), "events", "1 where that is more than `max_staleness_minutes`, else 0"),
    Metric("RowsHeld", ("watermark",), "rows", "rows past the fence, which a later run reads"),
    Metric("LateArrivals", ("watermark",), "rows", "rows that an application dated before the last fence"),
    Metric("SchemaChanges", ("schema",), "events", "changes of columns that FINAL followed"),
    Metric("RowsExported", ("export",), "rows", "rows that Aurora wrote"),
    Metric("BytesExported", ("export",), "bytes", "how much text that was"),
    Metric("ExportSeconds", ("export",), "seconds", "how long Aurora took for one slice"),
    Metric("RowsLoaded", ("await_load",), "rows", "rows that Snowpipe brought to STAGING"),
    Metric("LoadLatency", ("await_load",), "seconds", "from the end of the export to the last row in STAGING"),
    Metric("UnmergedBatchAge", ("await_load",), "seconds", "how long a batch has been waiting for its load"),
    Metric("FilesRefused", ("await_load",), "files", "files that Snowpipe refused"),
    Metric("LoadFailures", ("await_load",), "events", "1 where a load was refused or timed out, else 0"),
    Metric("RowsReplayed", ("replay",), "rows", "rows that were taken out of quarantine to be merged again"),
    Metric("RowsMerged", ("merge",), "rows", "rows that were applied to FINAL"),
    Metric("RowsDeleted", ("merge",), "rows", "rows that Aurora no longer has"),
    Metric("RowsQuarantined", ("merge",), "rows", "rows with a value that FINAL cannot hold"),
    Metric("LedgerMismatches", ("reconcile",), "events", "1 where a batch does not add up, else 0"),
    Metric("SampleMismatches", ("reconcile",), "events", "1 where FINAL is empty or a sampled row differs, else 0"),
    Metric("WatermarkDrift", ("reconcile",), "seconds or ids", "how far FINAL's watermark lies behind Aurora's"),
    Metric("RowsSampled", ("reconcile",), "rows", "rows that were compared value by value"),
    Metric("SamplesUnanswered", ("reconcile",), "events", "1 where Snowflake took too long to compare them, else 0"),
    Metric("RunSeconds", ("reconcile",), "seconds", "from the table's first step to the end of this wave"),
    Metric("HistoryRowsRemoved", ("maintain",), "rows", "rows of the control tables that no run reads any more"),
    Metric("StagedRowsRemoved", ("maintain",), "rows", "rows of STAGING that no merge will ask for"),
    Metric("OrphanFiles", ("maintain",), "files", "files in the bucket that belong to no batch"),
    Metric("OrphanBytes", ("maintain",), "bytes", "how much that is"),
)

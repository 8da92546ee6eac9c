"""The alarms on the functions' metrics, with their thresholds."""

from collections.abc import Iterator

from infra.settings.settings import Settings
from infra.watch.alarms import AlarmSpec
from infra.watch.function_metrics import over_all_tables

_QUARANTINE = "docs/operate.md, Quarantine"
_FAILED = "docs/runbook/failed-table.md"
_STALE = "docs/runbook/stale-table.md"
_PIPE = "docs/runbook/pipe-stuck.md"


def function_alarms(settings: Settings) -> Iterator[AlarmSpec]:
    """One alarm per metric over all tables, so that a new table needs no alarm."""
    yield AlarmSpec(
        "quarantined-rows",
        over_all_tables(settings, "merge", "RowsQuarantined", "Sum"),
        "Rows hold values that FINAL cannot hold; they are listed, with the columns, in CONTROL.QUARANTINE and in the "
        "execution's results. Mend the cause (set on_unrepresentable to text for the column, or correct the rows in "
        'Aurora), run the table, then start an execution with {"tables": ["schema.table"], "replay": true}.',
        _QUARANTINE,
    )
    yield AlarmSpec(
        "refused-files",
        over_all_tables(settings, "await_load", "FilesRefused", "Sum"),
        "Snowpipe refused files, so nothing of their batch was merged; CONTROL.QUARANTINE lists them with the line and "
        "the error where RAW is NULL. Mend the cause, then redrive the execution: the table is exported again, and its "
        "next merge takes the files off the list.",
        _QUARANTINE,
    )
    yield AlarmSpec(
        "load-failures",
        over_all_tables(settings, "await_load", "LoadFailures", "Sum"),
        "Snowpipe refused a batch or did not load it in time, and nothing of it was merged. Do what the dead letter's "
        "message says about the pipe, then redrive the execution.",
        _PIPE,
    )
    yield AlarmSpec(
        "ledger-mismatches",
        over_all_tables(settings, "reconcile", "LedgerMismatches", "Sum"),
        "A merged batch does not add up: exported, loaded and merged rows differ. Compare the counts in the dead "
        "letter with CONTROL.LEDGER, then reload the table with full_refresh.",
        _FAILED,
    )
    yield AlarmSpec(
        "sample-mismatches",
        over_all_tables(settings, "reconcile", "SampleMismatches", "Sum"),
        "Rows of FINAL differ from Aurora's, or FINAL is empty; the dead letter names the columns. If an application "
        "changes rows without moving the watermark, choose a strategy that reads no watermark column "
        "(docs/strategies.md), then reload with full_refresh.",
        "docs/runbook/full-refresh.md",
    )
    yield AlarmSpec(
        "watermark-drift",
        over_all_tables(settings, "reconcile", "WatermarkDrift", "Maximum"),
        "After its merge FINAL still lacks the newest rows below the fence. Look for rows of the table in "
        "CONTROL.QUARANTINE, and for an application that dates rows in the past (LateArrivals); reload with "
        "full_refresh if neither explains it.",
        "docs/runbook/watermark-reset.md",
    )
    yield AlarmSpec(
        "fence-lag",
        over_all_tables(settings, "watermark", "FenceLag", "Maximum"),
        f"A transaction has been open in Aurora for more than {settings.max_fence_lag_minutes} minutes and holds back "
        "every table of its database. Find it in pg_stat_activity and have it ended.",
        "docs/runbook/fence-held.md",
        threshold=settings.max_fence_lag_minutes * 60,
    )
    yield AlarmSpec(
        "stale-tables",
        over_all_tables(settings, "watermark", "Stale", "Sum"),
        "When the run began, changes of a table had waited for longer than its max_staleness_minutes. See whether its "
        "earlier runs failed or did not start, or whether the schedule is too rare for the limit.",
        _STALE,
    )
    yield AlarmSpec(
        "slow-tables",
        over_all_tables(settings, "reconcile", "Stale", "Sum"),
        "A run took so long, or its fence lay so far back, that FINAL is older than the table's max_staleness_minutes "
        "though the run succeeded. Look at RunSeconds, LoadLatency and FenceLag of the table.",
        _STALE,
    )

"""The demonstration's result for each table."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from operate.compare import Comparison

_SUMS = ("exported", "loaded", "merged", "deleted", "quarantined")


@dataclass(frozen=True)
class Verdict:
    """One table's results over all runs, and the comparison of both sides at the end."""

    results: list[dict[str, Any]]
    comparison: Comparison

    @property
    def drift(self) -> str:
        """The watermark drift of the last reconciliation; xmin and snapshots have no watermark."""
        measured = [one["drift"] for one in self.results if one.get("drift") is not None]
        return f"{measured[-1]:g}" if measured else "–"

    def cells(self) -> list[str]:
        """The table's line."""
        last = self.results[-1]
        sums = [f"{sum(one[name] for one in self.results):,}" for name in _SUMS]
        rows = [f"{self.comparison.aurora_rows:,}", f"{self.comparison.final_rows:,}"]
        different = self.comparison.only_in_aurora + self.comparison.only_in_final
        verdict = "[green]identical[/]" if self.comparison.identical else f"[red]{different} rows differ[/]"
        return [last["table_name"], last["strategy"], *sums, *rows, self.drift, verdict]


def verdict_table(verdicts: list[Verdict]) -> Table:
    """All tables' lines."""
    table = Table("Table", "Strategy", box=None, header_style="bold")
    for heading in ("Exported", "Loaded", "Merged", "Deleted", "Quarantined", "In Aurora", "In FINAL", "Drift"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    for verdict in verdicts:
        table.add_row(*verdict.cells())
    return table

"""An execution in a terminal: its progress, and its outcome."""

from collections.abc import Iterator

from rich.table import Table

from operate.runs import Outcome, TableProgress

_COUNTS = ("exported", "loaded", "merged", "deleted", "quarantined")


def progress_table(seen: list[TableProgress]) -> Table:
    """One line per table, with its present state."""
    table = Table("Table", "State", "Status", box=None, header_style="dim")
    for one in seen:
        table.add_row(one.table_name, one.state, one.status)
    return table


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """One line per table, then how the execution ended."""
    for one in outcome.tables:
        counts = ", ".join(f"{name} {one[name]:,}" for name in _COUNTS if one[name])
        detail = one.get("error") or counts or one.get("note") or ""
        yield f"  {one['table_name']:<26} {one['status']:<7} {one['seconds'] or 0:>5} s  {detail}"
    if outcome.error:
        yield f"  {outcome.error}"
    yield f"  {outcome.status} {outcome.execution_arn}"

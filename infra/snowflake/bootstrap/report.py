"""The report for the operator: changes, objects that were there already, next steps."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from infra.snowflake.bootstrap.run import StatementOutcome


def show_outcomes(console: Console, outcomes: Sequence[StatementOutcome], *, dry: bool) -> None:
    """A row per object, and one for the grants to each role."""
    table = Table("object", "name", "to do" if dry else "done", box=None, header_style="bold", pad_edge=False)
    groups: dict[tuple[str, str], list[StatementOutcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.kind, outcome.name), []).append(outcome)
    for (kind, name), group in sorted(groups.items(), key=lambda one: one[0][0] == "grants"):
        table.add_row(kind, escape(name), "\n".join(_lines(group)))
    console.print(table)
    if not any(outcome.changes or outcome.waits for outcome in outcomes):
        console.print("Nothing changed." if not dry else "Nothing is left to run.")


def show_statements(console: Console, outcomes: Iterable[StatementOutcome]) -> None:
    """The statements that a run would execute."""
    for outcome in outcomes:
        if outcome.changes:
            console.print(Syntax(f"{outcome.text};", "sql", background_color="default", word_wrap=True))


def show_settings(console: Console, before: Mapping[str, object], changed: Mapping[str, str], where: str) -> None:
    """The context keys that have a new value, and where they stand now."""
    for key, value in changed.items():
        was = f" (was {before[key]})" if before.get(key) else ""
        console.print(f"{key} = {value}{was}, {where}", soft_wrap=True, highlight=False, markup=False)


def show_steps(console: Console, steps: Sequence[str]) -> None:
    """The operator's next steps, in order."""
    console.print("\nNext:" if steps else "\nNothing is left to do.", style="bold")
    for number, step in enumerate(steps, 1):
        console.print(f"{number}. {step}", soft_wrap=True, highlight=False, markup=False)


def _lines(group: list[StatementOutcome]) -> list[str]:
    changes = [escape(change) for outcome in group for change in outcome.changes]
    unconfirmed = [escape(one) for outcome in group for one in outcome.unconfirmed]
    waits = [escape(outcome.waits) for outcome in group if outcome.waits]
    lines = [f"[green]{change}[/]" for change in changes] or ([] if waits else ["[dim]already there[/]"])
    lines += [f"[yellow]ran, but Snowflake does not show: {one}[/]" for one in unconfirmed]
    return lines + [f"[yellow]waits: {one}[/]" for one in waits]

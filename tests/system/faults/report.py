"""The matrix as a page: what was broken, how the run ended, what it took, what was seen meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import fill

from tests.system.faults.fault import Result

_HEAD = """# Fault matrix

Made by `{command}` on {date}:
{faults} faults, {held} held, in {minutes:.0f} minutes. Every fault strikes runs of the deployed
workflow on the laptop cloud: the synthesized template, the real packages, a real PostgreSQL and Vault, and what stands
in for AWS and Snowflake.

A table's every change is one transaction that touches all its rows. While the fault lasts and is mended, FINAL is read
about ten times a second: each look must show one committed generation whole, never a mix, and never an older one than
before. In the end every row and column is equal on both sides, and each batch is in the ledger once, with
`exported = loaded = merged + duplicates + quarantined + held`.

| seam | fault | strategy | the run | mended by | looks | partial | identical, ledger | s |
|---|---|---|---|---|--:|--:|---|--:|
"""
_GUARDS = """
## Guards off

Each guard is taken out of the deployed package; the same watch then sees what it prevents.

| guard | strategy | damage |
|---|---|---|
"""


# As pages are wrapped.
_WIDTH = 120


def page(
    results: Sequence[Result], damages: Sequence[tuple[str, str, str]], seconds: float, command: str, gaps: str
) -> str:
    """The whole page in Markdown."""
    held = sum(not result.problems for result in results)
    head = _HEAD.format(
        command=command, date=f"{datetime.now(UTC):%Y-%m-%d}", faults=len(results), held=held, minutes=seconds / 60
    )
    lines = [line(result) for result in results]
    guards = [f"| {name} | {strategy} | {damage or '**not seen**'} |" for name, strategy, damage in damages]
    problems = [
        fill(f"- {result.fault.title} ({result.fault.strategy}): {'; '.join(result.problems)[:600]}", _WIDTH)
        for result in results
        if result.problems
    ]
    found = ["", "## Not held", "", *problems] if problems else []
    return head + "\n".join(lines) + "\n" + _GUARDS + "\n".join(guards) + "\n" + "\n".join(found) + gaps


def line(result: Result) -> str:
    """One row."""
    fault = result.fault
    met = [error for error in result.errors_met if error != result.ended]
    ended = result.ended + (f" after {', '.join(met)}" if met else "")
    verdict = "yes" if not result.problems else "**no**"
    return (
        f"| {fault.seam} | {fault.description} | {fault.strategy} | {ended} | {result.healed_by} "
        f"| {result.looks} | {result.partial} | {verdict} | {result.seconds:.0f} |"
    )

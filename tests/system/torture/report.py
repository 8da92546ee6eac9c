"""The figures as tables, on the screen and in docs/torture.md."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.system.torture.cases import Case
from tests.system.torture.evidence import Verdict

_FIGURES = ("strategy", "rows written", "late commits", "exported", "re-export factor", "lost", "stale")
_INTRODUCTION = """# Not one row lost

    {command}

printed what follows on {cores} cores: the deployed workflow on the laptop cloud, a real PostgreSQL, and executions back
to back while the writers write. `make torture` repeats it.

The writers insert, update (five rows all of them), delete (in the snapshot's table), roll back, use savepoints, send
several transactions in one message, write 300 rows with one timestamp, and keep transactions open for 0.01 to 10 s;
a reader holds snapshots open; the tables are frozen now and then. When the writers have stopped, two more executions
run, and every row and column of both sides is compared.

- *late commits*: row versions whose watermark existed before a run read its fence and that committed after it.
- *re-export factor*: rows in the exported files per distinct row version. A snapshot exports every row each time.
- *lost*, *stale*: rows of Aurora that FINAL lacks, or that it holds otherwise.
"""


@dataclass(frozen=True)
class Chapter:
    """A titled part of the report, and whether it came out as it must."""

    text: str
    passed: bool


def verdicts_chapter(title: str, verdicts: Sequence[Verdict], passed: bool) -> Chapter:
    """One line for each strategy."""
    return Chapter(f"## {title}\n\n{_table(_FIGURES, [_cells(one) for one in verdicts], figures=6)}", passed)


def cases_chapter(title: str, cases: Sequence[Case]) -> Chapter:
    """One line for each case."""
    lines = [[case.name, case.observed, str(case.different)] for case in cases]
    passed = all(case.held for case in cases)
    return Chapter(f"## {title}\n\n{_table(('case', 'observed', 'rows that differ'), lines, figures=1)}", passed)


def document(command: str, cores: int, chapters: Sequence[Chapter]) -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION.format(command=command, cores=cores), *(f"{one.text}\n" for one in chapters)])


def _cells(verdict: Verdict) -> list[str]:
    counts = [f"{count:,}" for count in (verdict.written, verdict.late, verdict.exported)]
    return [verdict.strategy, *counts, f"{verdict.factor:.3f}", str(verdict.lost), str(verdict.stale)]


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]], figures: int) -> str:
    """Markdown; the last `figures` columns are right-aligned."""
    rule = [*["---"] * (len(headings) - figures), *["---:"] * figures]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *lines))

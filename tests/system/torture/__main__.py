"""``python -m tests.system.torture``: the deployed workflow under writers, with a laptop cloud of its own."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from local.cloud import lifecycle as cloud
from tests.support.laptop import Laptop
from tests.support.strategies import INCREMENTAL
from tests.system.torture.cases import CASES, lagging_clock
from tests.system.torture.guards import LONG_TRANSACTIONS, without_fence, without_margin
from tests.system.torture.harness import Torture
from tests.system.torture.report import Chapter, cases_chapter, document, verdicts_chapter
from tests.system.torture.workload import Pace

_UNGUARDED_SECONDS = 30


def main() -> int:
    """Returns 1 if a row was lost, is stale or was exported too often, or if a missing guard went unnoticed."""
    options = _options()
    console = Console(highlight=False, soft_wrap=True)
    chapters: list[Chapter] = []

    def tell(chapter: Chapter) -> None:
        chapters.append(chapter)
        console.print(f"\n{chapter.text}", markup=False)

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "cloud"
        try:
            laptop = Laptop(cloud.up(home, console.print))
            for writers in options.writers:
                tell(_busy(laptop, writers, options.seconds))
            tell(cases_chapter("Cases", [case(laptop, home) for case in CASES]))
            tell(_unguarded(laptop, options.writers[0]))
        finally:
            cloud.down(home)
    if options.write:
        options.write.write_text(document(_command(), os.cpu_count() or 1, chapters))
    return 0 if all(chapter.passed for chapter in chapters) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.torture", description=__doc__)
    parser.add_argument("--writers", type=int, nargs="+", default=[8, 32], help="sessions that write, one run for each")
    parser.add_argument("--seconds", type=float, default=120, help="how long they write")
    parser.add_argument("--write", type=Path, help="file to write the figures to, as Markdown")
    return parser.parse_args()


def _command() -> str:
    return " ".join(["python -m tests.system.torture", *sys.argv[1:]])


def _busy(laptop: Laptop, writers: int, seconds: float) -> Chapter:
    torture = Torture(laptop)
    verdicts = torture.run(writers, seconds, Pace())
    passed = all(one.exact for one in verdicts)
    return verdicts_chapter(f"{writers} writers, {torture.summary}", verdicts, passed)


def _unguarded(laptop: Laptop, writers: int) -> Chapter:
    """Passes if every fenced strategy loses something: else the harness could not see a loss."""
    torture = Torture(laptop, INCREMENTAL, strict=False)
    with without_fence(laptop):
        verdicts = torture.run(writers, _UNGUARDED_SECONDS, LONG_TRANSACTIONS)
    with without_margin(laptop):
        case = lagging_clock(laptop)
    passed = all(one.lost + one.stale for one in verdicts) and not case.held
    title = f"The same with the deployed fence taken out: {writers} writers, {torture.summary}"
    chapter = verdicts_chapter(title, verdicts, passed)
    return Chapter(f"{chapter.text}\n\nWithout the margin, {case.name}: {case.different} rows differ.", passed)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.support.strategy_tables --write`: the pages' tables of strategies, made of the strategies' traits.

Each page holds its tables between two comments, and a test holds what stands there to what the traits give.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from functions.shared.contract.traits import TRAITS, Traits

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- strategies: written by `make strategies` -->", "<!-- end of strategies -->"
_BLOCK = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)


def choice() -> str:
    """README's table, by which a strategy is chosen, and what becomes of a table that has no key."""
    head = _row("", "sees updates", "sees deletes", "needs", "its own keys above", "cost in Aurora per run")
    rows = [
        _row(
            f"`{name}`",
            "yes" if traits.sees_updates else "no: append-only",
            "yes" if traits.sees_deletes else "no",
            traits.requires,
            _names([*traits.needs, *sorted(traits.takes)]),
            traits.cost,
        )
        for name, traits in TRAITS.items()
    ]
    appended = _having(lambda traits: traits.form == "rows" and not traits.needs_key)
    replaced = _having(lambda traits: traits.form == "whole")
    keyless = f"A table without a key is appended ({appended}) or replaced ({replaced}).\n"
    return "".join([head, _ruler(head), *rows, "\n", keyless])


def exactness() -> str:
    """docs/strategies.md's table: what a strategy reads and what it misses. Those that are equal in it share a row."""
    head = _row("", "reads", "late commits", "what it does not see")
    equal = groupby(TRAITS, key=lambda name: _exactness(TRAITS[name]))
    rows = [_row(_names(list(names)), *cells) for cells, names in equal]
    return "".join([head, _ruler(head), *rows])


TABLES: Mapping[Path, Callable[[], str]] = {ROOT / "README.md": choice, ROOT / "docs" / "strategies.md": exactness}


def written(page: Path) -> str:
    """What the page holds between its comments."""
    [block] = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return str(block)


def write(page: Path, table: str) -> None:
    """Puts the table between the page's comments."""
    page.write_text(_BLOCK.sub(lambda _: table, page.read_text(encoding="utf-8")), encoding="utf-8")


def _exactness(traits: Traits) -> tuple[str, str, str]:
    return traits.reads, traits.late_commits, traits.misses


def _row(*cells: str) -> str:
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|\n"


def _ruler(head: str) -> str:
    return "|" + "---|" * (head.count("|") - 1) + "\n"


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _having(trait: Callable[[Traits], bool]) -> str:
    return _names([name for name, traits in TRAITS.items() if trait(traits)])


def _pages() -> Iterator[str]:
    for page, table in TABLES.items():
        yield f"{page.relative_to(ROOT)}\n\n{table()}\n"


def main() -> None:
    """Prints the tables, or writes each into its page."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.strategy_tables", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them into the pages")
    if parser.parse_args().write:
        for page, table in TABLES.items():
            write(page, table())
    else:
        sys.stdout.writelines(_pages())


if __name__ == "__main__":
    main()

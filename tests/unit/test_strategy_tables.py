"""The pages' tables of strategies are those that the traits give."""

import pytest

from functions.shared.contract.traits import STRATEGIES
from tests.support.strategy_tables import BEGIN, END, TABLES, choice, exactness, write, written


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_a_page_holds_what_the_traits_give(page) -> None:
    assert written(page) == TABLES[page](), "run `make strategies`"


def test_each_strategy_is_in_both_tables() -> None:
    for table in (choice(), exactness()):
        first_cells = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
        assert [name for name in STRATEGIES if f"`{name}`" not in first_cells] == []


def test_what_stands_between_the_comments_is_replaced_and_nothing_else(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n| old |\n{END}\nafter\n")
    for table in ("| \\1 |\n", "| new |\n"):
        write(page, table)
        assert written(page) == table
        assert page.read_text() == f"before\n{BEGIN}\n{table}{END}\nafter\n"

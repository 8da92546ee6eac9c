"""Which pipes of a table may go."""

from datetime import UTC, datetime, timedelta

from functions.shared.snowflake.pipes import Pipe, superseded

NOW = datetime(2026, 1, 10, tzinfo=UTC)
TIMEOUT = timedelta(hours=1)


def pipe(layout: int, **ago: float) -> Pipe:
    return Pipe("PUBLIC__ORDERS", layout, NOW - timedelta(**ago))


def going(layout: int, *pipes: Pipe) -> list[int]:
    return [one.layout for one in superseded(pipes, layout, NOW, TIMEOUT)]


def test_a_pipe_goes_an_execution_and_a_load_after_the_next_one_was_made() -> None:
    assert going(7, pipe(3, days=90), pipe(7, hours=24)) == []
    assert going(7, pipe(3, days=90), pipe(7, hours=25.1)) == [3]
    assert going(7, pipe(7, hours=25.1), pipe(3, days=90)) == [3]


def test_the_pipe_without_a_layout_goes_too() -> None:
    assert going(2, pipe(0, days=90), pipe(2, days=2)) == [0]


def test_each_is_measured_by_the_one_that_followed_it() -> None:
    assert going(9, pipe(3, days=90), pipe(7, days=30), pipe(9, hours=1)) == [3]


def test_the_present_one_stays_also_where_a_step_that_ended_early_made_a_later_one() -> None:
    assert going(7, pipe(7, days=90), pipe(8, days=30)) == []

"""Files whose events seem lost are sent to the pipe, each once, and never so many that the function's time ends."""

from unittest.mock import Mock

import pytest

from functions.await_load.handler import handler
from tests.servers.functions.await_load.loads import ROWS, event, named, refreshes
from tests.support.batches import Target


def test_files_whose_events_seem_lost_are_sent_to_the_pipe_once(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = refreshes(made, monkeypatch)
    asked = event(made, 2, 449)
    asked["batch"]["files"] = named(made, "run-b.csv", "run-b.csv_part2", "run-c.csv")
    assert not handler(asked, context)["load"]["refreshed"]
    assert not sent
    asked["load"]["since"] = event(made, 2, 451)["load"]["since"]
    asked["load"] = handler(asked, context)["load"]
    each = [f"ALTER PIPE {made.objects.pipe(1)} REFRESH PREFIX = '2026/01/02/03/run-{run}.csv'" for run in "bc"]
    assert sent == each, "the name of a file is the prefix of its parts"
    assert handler(asked, context)["load"]["refreshed"]
    assert sent == each


def test_very_many_files_are_sent_in_several_calls_which_go_on_where_the_last_one_ended(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = refreshes(made, monkeypatch)
    asked = event(made, 2, 451)
    asked["batch"]["files"] = named(made, *(f"run-{number:03d}.csv" for number in range(120)))
    calls = []
    for _ in range(4):
        before = len(sent)
        asked["load"] = handler(asked, context)["load"]
        calls.append((len(sent) - before, asked["load"]["refreshed"]))
    assert calls == [(50, False), (50, False), (20, True), (0, True)]
    assert len(set(sent)) == 120


def test_a_file_that_is_loaded_is_not_sent_again(made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    made.stage(ROWS[:1], f"{made.name}.csv")
    sent = refreshes(made, monkeypatch)
    assert handler(event(made, 2, 451), context)["load"]["loaded"] == 1
    assert sent == [f"ALTER PIPE {made.objects.pipe(1)} REFRESH PREFIX = '{made.name}.csv_part2'"]

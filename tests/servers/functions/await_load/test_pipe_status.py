"""What the pipe itself says: whether to wait without a warehouse, and that it does not run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from functions.await_load.handler import handler
from functions.shared.ground.errors import LoadTimedOut, PipeStopped
from functions.shared.snowflake.statements import table_statements
from tests.servers.functions.await_load.loads import NOTICED, ROWS, event, status
from tests.support.batches import KEYED, Target


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("PAUSED", r"run ALTER PIPE .*\$\$v1\" SET PIPE_EXECUTION_PAUSED = FALSE, then redrive"),
        ("STOPPED_MISSING_TABLE", "redrive the execution: its schema step makes the pipe again"),
        ("STALLED_STAGE_PERMISSION_ERROR", r"run SELECT SYSTEM\$PIPE_FORCE_RESUME\('.*\$\$v1\"'\), then redrive"),
    ],
)
def test_a_pipe_that_does_not_run_is_told_at_once_with_what_to_do(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch, state: str, remedy: str
) -> None:
    status(made, monkeypatch, executionState=state, pendingFileCount=2)
    with pytest.raises(PipeStopped, match=rf"its pipe is {state}, and has loaded 0 of 2 rows; .*{remedy}"):
        handler(event(made, 2, 1), context)


def test_a_paused_pipe_is_told_by_snowflake_itself(made: Target, context: Mock) -> None:
    made.warehouse.execute(f"ALTER PIPE {made.objects.pipe(1)} SET PIPE_EXECUTION_PAUSED = TRUE")
    with pytest.raises(PipeStopped, match=r"its pipe is PAUSED"):
        handler(event(made, 2, 1), context)
    made.stage(ROWS, f"{made.name}.csv")
    assert handler(event(made, 2, 1), context)["load"]["status"] == "LOADED", "it has loaded all before"


def test_a_pipe_that_is_gone_is_told_at_once(made: Target, context: Mock) -> None:
    made.warehouse.execute(f"DROP PIPE {made.objects.pipe(1)}")
    with pytest.raises(PipeStopped, match=r"its pipe is MISSING, .* redrive"):
        handler(event(made, 2, 1), context)


def test_while_snowpipe_loads_no_warehouse_is_needed(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = status(made, monkeypatch, pendingFileCount=1)
    waits = []
    for waited in (45, 100, 1000):
        load = handler(event(made, 2, waited), context)["load"]
        assert load["status"] == "PENDING"
        waits.append(load["wait_seconds"])
    assert asked == []
    assert waits == [11, 25, 60]
    with pytest.raises(LoadTimedOut, match=r"0 of 2 rows; its pipe runs with 1 files queued"):
        handler(event(made, 2, 1801), context)


def test_a_pipe_that_has_had_no_event_yet_needs_none_either_for_a_while(
    made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.stage(ROWS, f"{made.name}.csv")
    earlier = datetime.now(UTC) - timedelta(seconds=200)
    asked = status(made, monkeypatch, lastForwardedMessageTimestamp=earlier.isoformat())
    assert handler(event(made, 2, 134), context)["load"]["status"] == "PENDING"
    assert asked == []
    assert handler(event(made, 2, NOTICED), context)["load"]["status"] == "LOADED"


def test_a_load_is_found_whole_by_one_query(made: Target, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    made.stage(ROWS, f"{made.name}.csv")
    asked = status(made, monkeypatch, lastForwardedMessageTimestamp=datetime.now(UTC).isoformat())
    assert handler(event(made, 2, 45), context)["load"]["status"] == "LOADED"
    assert len(asked) == 1


def test_files_of_before_a_deployment_are_those_of_the_pipe_without_a_layout(made: Target, context: Mock) -> None:
    asked = event(made, 2, 451)
    del asked["schema"]["layout"]
    with pytest.raises(PipeStopped, match="its pipe is MISSING"):
        handler(asked, context)
    for statement in table_statements(made.objects, replace(KEYED, layout=0)):
        made.warehouse.execute(statement)
    assert handler(asked, context)["load"]["status"] == "PENDING"

"""What to do about a pipe that does not run, by its state (SYSTEM$PIPE_STATUS, executionState)."""

from functions.await_load.snowpipe import MISSING, RUNNING, PipeStatus
from functions.shared.contract.names import literal
from functions.shared.ground.errors import PipeStopped

_MADE_AGAIN = (MISSING, "STOPPED_MISSING_PIPE", "STOPPED_MISSING_TABLE")


def fail_if_stopped(table: str, pipe: str, status: PipeStatus, loaded: str) -> None:
    """Raises PipeStopped with the pipe's state and what to do about it; `loaded` says how far it came."""
    if status.state != RUNNING:
        raise PipeStopped(f"{table}: its pipe is {status.state}, and has {loaded}; {_remedy(pipe, status.state)}")


def _remedy(pipe: str, state: str) -> str:
    """What to do about each state; a redrive exports the rows again, under new names."""
    if state in _MADE_AGAIN:
        return "redrive the execution: its schema step makes the pipe again"
    if state == "PAUSED":
        return f"run ALTER PIPE {pipe} SET PIPE_EXECUTION_PAUSED = FALSE, then redrive the execution"
    return (
        f"see the error that SELECT SYSTEM$PIPE_STATUS({literal(pipe)}) names, mend it, run SELECT "
        f"SYSTEM$PIPE_FORCE_RESUME({literal(pipe)}), then redrive the execution"
    )

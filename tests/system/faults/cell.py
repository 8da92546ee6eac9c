"""One cell of the matrix: a fault at a seam, how the run must end, and what must hold afterwards."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from operate.runs import Outcome
from tests.system.faults.scene import Scene

Play = Callable[[Scene], Outcome]


@dataclass(frozen=True)
class Cell:
    """`play` causes the fault in a run and returns how that run ended, which must be one of `ends`.

    `ends` holds execution statuses or the error names of dead letters. A cell that is not `shared` breaks something
    that other tables need, and has the cloud for itself. `rerun` mends by a new execution instead of a redrive.
    A `fresh` cell has a table of its own, which was never synced.
    """

    seam: str
    fault: str
    strategy: str
    play: Play
    ends: tuple[str, ...] = ("SUCCEEDED",)
    shared: bool = False
    fast: bool = False
    rerun: bool = False
    fresh: bool = False
    says: str = ""

    @property
    def title(self) -> str:
        return f"{self.seam}: {self.fault}"


@dataclass
class Result:
    """What a cell showed; `problems` is empty when everything held."""

    cell: Cell
    ended: str = ""
    errors_met: list[str] = field(default_factory=list)
    healed_by: str = ""
    looks: int = 0
    partial: int = 0
    seconds: float = 0
    problems: list[str] = field(default_factory=list)


def play(cell: Cell, scene: Scene) -> Result:
    """Changes the table, causes the fault, mends by redrive or another run, and compares."""
    result = Result(cell)
    began, looks, seen = time.monotonic(), scene.looks, len(scene.violations)
    try:
        with scene.watched():
            scene.change()
            outcome = cell.play(scene)
            result.ended, result.errors_met = _ending(outcome), scene.errors_met(outcome.execution_arn)
            if result.ended not in cell.ends:
                result.problems.append(f"the run ended {result.ended}, not {' or '.join(cell.ends)}: {outcome.tables}")
            if cell.says and cell.says not in str(outcome.tables):
                result.problems.append(f"the result does not say {cell.says!r}: {outcome.tables}")
            result.healed_by = _mend(cell, scene, outcome)
    except Exception as error:  # noqa: BLE001 -- one cell's trouble must not end the matrix
        result.problems.append(f"{type(error).__name__}: {error}")
    else:
        if not scene.identical:
            result.problems.append(f"not identical: FINAL shows {scene.shown()}, generation is {scene.generation}")
        if not scene.ledger_adds_up:
            result.problems.append("the ledger does not add up")
    violations = Counter(scene.violations[seen:])
    result.partial = violations.total()
    result.problems += [f"{violation} ({times} times)" for violation, times in violations.items()]
    result.looks, result.seconds = scene.looks - looks, time.monotonic() - began
    return result


def _ending(outcome: Outcome) -> str:
    if outcome.status != "FAILED" or not outcome.tables:
        return outcome.status
    return str(outcome.tables[0].get("error", "")).split(":", maxsplit=1)[0]


def _mend(cell: Cell, scene: Scene, outcome: Outcome) -> str:
    """Redrives or runs anew until both sides are equal, at most twice; says what it took."""
    if outcome.succeeded and scene.identical:
        return "itself"
    for attempt in ("first", "second"):
        anew = outcome.succeeded or cell.rerun or attempt == "second"
        mended = scene.run() if anew else scene.redrive(outcome.execution_arn)
        if mended.succeeded and scene.identical:
            return f"{'the next run' if anew else 'a redrive'}{'' if attempt == 'first' else ', the second'}"
    return "nothing"

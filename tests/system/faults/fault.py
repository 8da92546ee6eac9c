"""One fault of the matrix: a fault at a seam, how the run must end, and what must hold afterwards."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from operate.runs import Outcome
from tests.system.faults.fault_table import FaultTable

Cause = Callable[[FaultTable], Outcome]


@dataclass(frozen=True)
class Fault:
    """`cause` causes the fault in a run and returns how that run ended, which must be one of `ends`.

    `ends` holds execution statuses or the error names of dead letters. A fault that is not `shared` breaks something
    that other tables need, and has the cloud for itself. `rerun` mends by a new execution instead of a redrive.
    A `fresh` fault has a table of its own, which was never synced.
    """

    seam: str
    description: str
    strategy: str
    cause: Cause
    ends: tuple[str, ...] = ("SUCCEEDED",)
    shared: bool = False
    fast: bool = False
    rerun: bool = False
    fresh: bool = False
    says: str = ""

    @property
    def title(self) -> str:
        return f"{self.seam}: {self.description}"


@dataclass
class Result:
    """What a fault showed; `problems` is empty when everything held."""

    fault: Fault
    ended: str = ""
    errors_met: list[str] = field(default_factory=list)
    healed_by: str = ""
    looks: int = 0
    partial: int = 0
    seconds: float = 0
    problems: list[str] = field(default_factory=list)


def run(fault: Fault, tested: FaultTable) -> Result:
    """Changes the table, causes the fault, mends by redrive or another run, and compares."""
    result = Result(fault)
    began, looks, seen = time.monotonic(), tested.looks, len(tested.violations)
    try:
        with tested.watched():
            tested.change()
            outcome = fault.cause(tested)
            result.ended, result.errors_met = _ending(outcome), tested.errors_met(outcome.execution_arn)
            if result.ended not in fault.ends:
                result.problems.append(f"the run ended {result.ended}, not {' or '.join(fault.ends)}: {outcome.tables}")
            if fault.says and fault.says not in str(outcome.tables):
                result.problems.append(f"the result does not say {fault.says!r}: {outcome.tables}")
            result.healed_by = _mend(fault, tested, outcome)
    except Exception as error:  # noqa: BLE001 -- one fault's trouble must not end the matrix
        result.problems.append(f"{type(error).__name__}: {error}")
    else:
        if not tested.identical:
            result.problems.append(f"not identical: FINAL shows {tested.shown()}, generation is {tested.generation}")
        if not tested.ledger_adds_up:
            result.problems.append("the ledger does not add up")
    violations = Counter(tested.violations[seen:])
    result.partial = violations.total()
    result.problems += [f"{violation} ({times} times)" for violation, times in violations.items()]
    result.looks, result.seconds = tested.looks - looks, time.monotonic() - began
    return result


def _ending(outcome: Outcome) -> str:
    if outcome.status != "FAILED" or not outcome.tables:
        return outcome.status
    return str(outcome.tables[0].get("error", "")).split(":", maxsplit=1)[0]


def _mend(fault: Fault, tested: FaultTable, outcome: Outcome) -> str:
    """Redrives or runs anew until both sides are equal, at most twice; says what it took."""
    if outcome.succeeded and tested.identical:
        return "itself"
    for attempt in ("first", "second"):
        anew = outcome.succeeded or fault.rerun or attempt == "second"
        mended = tested.run() if anew else tested.redrive(outcome.execution_arn)
        if mended.succeeded and tested.identical:
            return f"{'the next run' if anew else 'a redrive'}{'' if attempt == 'first' else ', the second'}"
    return "nothing"

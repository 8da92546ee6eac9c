"""One timeline for all tables: loaded, held between export and merge, changed, overtaken, let go, mended, reloaded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from operate.runs import Outcome
from tests.system.drift.cases import Case, Role
from tests.system.drift.cloud import AT_ONCE, DriftCloud, Table, statements_in
from tests.system.faults.cloud import until

Result = dict[str, Any]


@dataclass
class Record:
    """What was seen of one table, step by step."""

    role: Role
    staged: int = 0
    overtaking: Result = field(default_factory=dict)
    letter: Result = field(default_factory=dict)
    promised_early: str = "not compared"
    held: Result = field(default_factory=dict)
    mended: Result = field(default_factory=dict)
    promised: str = "not compared"
    reloaded: Result = field(default_factory=dict)
    shown: str = "not compared"
    last: Result = field(default_factory=dict)
    ledger: list[tuple[int, int, int]] = field(default_factory=list)
    left_in_staging: int = 0


@dataclass(frozen=True)
class Waiting:
    """An execution of some tables that waits between export and merge."""

    arn: str
    records: Sequence[Record]


class Timeline:
    """Runs all cases at once; afterwards `records` has one entry per title."""

    def __init__(self, drift_cloud: DriftCloud, cases: Iterable[Case]) -> None:
        self._cloud, self._laptop = drift_cloud, drift_cloud.laptop
        schema, number = self._laptop.new_schema(), count(1)
        roles = [Role(case, one, Table(schema, f"c{next(number)}")) for case in cases for one in case.strategies]
        self.records = {role.title: Record(role) for role in roles}
        self._all = list(self.records.values())
        self._specs = {str(role.table): role.specification for role in roles}

    def run(self) -> None:
        """Every step, in order."""
        self._load()
        waiting = self._hold()
        self._change()
        overtaking = self._overtake()
        self._let_go([one for one in waiting if not one.records[0].role.case.mended_first])
        self._mend(overtaking)
        self._let_go([one for one in waiting if one.records[0].role.case.mended_first])
        self._reload()
        self._end()

    def _load(self) -> None:
        for record in self._all:
            self._write(record.role.create())
        self._configure()
        outcome = self._laptop.run()
        assert outcome.succeeded, f"the first sync failed: {outcome}"

    def _hold(self) -> list[Waiting]:
        """The files of the tables read by xmin are on their way and not loaded, the others' are loaded."""
        moving = [record for record in self._all if record.role.case.moves]
        for record in moving:
            self._write(record.role.move())
        lost = [record for record in moving if record.role.strategy == "xmin"]
        loaded = [record for record in moving if record not in lost]
        with self._laptop.events_lost():
            waiting = self._hold_some(lost)
        waiting += self._hold_some(loaded)
        for record in loaded:
            until(partial(self._cloud.staged, record.role.table), f"{record.role.title}'s file")
        for record in moving:
            record.staged = self._cloud.staged(record.role.table)
        return waiting

    def _hold_some(self, records: Sequence[Record]) -> list[Waiting]:
        parts = []
        for late in (False, True):
            some = [record for record in records if record.role.case.mended_first == late]
            parts += [some[at : at + AT_ONCE] for at in range(0, len(some), AT_ONCE)]
        return [Waiting(self._cloud.hold(record.role.table for record in part), part) for part in parts]

    def _change(self) -> None:
        for record in self._all:
            role = record.role
            if role.case.change:
                self._write([role.filled(role.case.change)])
            for statement in filter(None, role.filled(role.case.in_snowflake).split("; ")):
                self._laptop.warehouse(statement)
            if role.case.writes_after:
                self._write(role.move_after())
            self._specs[str(role.table)] |= role.case.changed_spec
        self._configure()

    def _overtake(self) -> Outcome:
        outcome = self._laptop.run()
        letters = self._cloud.letters()
        for record in self._all:
            record.overtaking, record.letter = _of(record, outcome), letters.get(str(record.role.table), {})
            if record.overtaking["status"] != "FAILED":
                record.promised_early = self._compare(record, record.role.case.promise)
        return outcome

    def _let_go(self, waiting: Sequence[Waiting]) -> None:
        """A few at a time: a function that waits for its turn longer than its task may take fails."""
        for at in range(0, len(waiting), AT_ONCE):
            some = waiting[at : at + AT_ONCE]
            for one in some:
                self._cloud.release(record.role.table for record in one.records)
            for one in some:
                outcome = self._laptop.workflow.follow(one.arn)
                for record in one.records:
                    record.held = _of(record, outcome)

    def _mend(self, overtaking: Outcome) -> None:
        """What each message says is done, and the failed execution redriven."""
        failed = [record for record in self._all if record.overtaking["status"] == "FAILED"]
        for record in failed:
            case, spec = record.role.case, self._specs[str(record.role.table)]
            spec |= case.mended_spec
            if case.mend:
                self._write([record.role.filled(case.mend)])
            elif statements := statements_in(record.letter["message"]):
                for statement in statements:
                    self._laptop.warehouse(statement)
                spec["full_refresh"] = True
        self._configure()
        if failed:
            self._laptop.workflow.redrive(overtaking.execution_arn)
            outcome = self._laptop.workflow.follow(overtaking.execution_arn)
        for record in self._all:
            if record in failed:
                record.mended = _of(record, outcome)
            refreshed = self._specs[str(record.role.table)].pop("full_refresh", False)
            record.promised = self._compare(
                record, record.role.case.reloaded if refreshed else record.role.case.promise
            )

    def _reload(self) -> None:
        some = [record for record in self._all if record.role.reloads]
        for record in some:
            self._specs[str(record.role.table)]["full_refresh"] = True
        self._configure()
        outcome = self._laptop.run()
        for record in some:
            record.reloaded = _of(record, outcome)
            record.shown = self._compare(record, record.role.case.reloaded)

    def _end(self) -> None:
        outcome = self._laptop.run()
        for record in self._all:
            record.last, record.ledger = _of(record, outcome), self._cloud.ledger(record.role.table)
            record.left_in_staging = self._cloud.staged(record.role.table)

    def _configure(self) -> None:
        self._laptop.configure(list(self._specs.values()))

    def _write(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self._laptop.sql(statement)

    def _compare(self, record: Record, select: str) -> str:
        return self._cloud.difference(record.role.table, record.role.filled(select))


def _of(record: Record, outcome: Outcome) -> Result:
    """The table's result in an execution, which has it once."""
    (result,) = [one for one in outcome.tables if one["table_name"] == str(record.role.table)]
    return result

"""One table under faults: its generations in Aurora, what FINAL shows of them at every moment, and its runs."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import snowflake.connector

from functions.shared.contract.traits import TRAITS
from operate.runs import Outcome
from tests.support.strategies import specs
from tests.system.faults.cloud import FaultCloud, until

ROWS = 40
_SHIFT = 3
_LOOK_SECONDS = 0.1
_COLUMNS = "id bigint PRIMARY KEY, gen integer NOT NULL, pad text, updated_at timestamptz NOT NULL DEFAULT now()"
_PAD = "repeat('x', 80)"
SPECS = specs(at="updated_at", deletes="hard", max_delete_percent=100)

Shape = tuple[tuple[int, int, int, int], ...]


class FaultTable:
    """Each generation is one transaction that changes every row, so FINAL must always show exactly one of them, whole.

    Where the strategy sees no updates a generation adds ROWS rows: FINAL must show the first ones, each whole. Where it
    sees deletes, some ids go and others come.
    """

    def __init__(self, cloud: FaultCloud, schema: str, name: str, strategy: str) -> None:
        self.cloud, self.laptop, self.strategy = cloud, cloud.laptop, strategy
        self._traits = TRAITS[strategy]
        self.schema, self.name, self.table = schema, name, f"{schema}.{name}"
        self.target = f"AURORA.FINAL.{schema.upper()}__{name.upper()}"
        self.object = self.target.rsplit(".", 1)[1]
        self.task = f"AURORA.STAGING.{self.object}"
        self.orders = cloud.orders / self.table
        self.orders.mkdir(parents=True)
        self.generation = 0
        self.may_go_back = False
        self._shapes: list[Shape] = [()]
        self.looks = 0
        self.violations: list[str] = []
        self.laptop.sql(f"CREATE TABLE {self.table} ({_COLUMNS})")
        self.change()

    @property
    def spec(self) -> dict[str, Any]:
        return {"table_name": self.table, **SPECS[self.strategy]}

    @property
    def pipe(self) -> str:
        """The pipe of its files' present layout."""
        return self.laptop.pipe(self.object)

    def change(self) -> None:
        """Commits the next generation."""
        self.generation += 1
        g = self.generation
        if not self._traits.sees_updates or g == 1:
            first = (g - 1) * ROWS
            self.laptop.sql(
                f"INSERT INTO {self.table} (id, gen, pad) SELECT n, {g}, {_PAD} "
                f"FROM generate_series({first + 1}, {first + ROWS}) AS n"
            )
        elif self._traits.sees_deletes:
            self.laptop.sql(
                f"WITH moved AS (DELETE FROM {self.table} WHERE id <= {(g - 1) * _SHIFT}), added AS ("
                f"INSERT INTO {self.table} (id, gen, pad) SELECT n, {g}, {_PAD} "
                f"FROM generate_series({(g - 2) * _SHIFT + ROWS + 1}, {(g - 1) * _SHIFT + ROWS}) AS n) "
                f"UPDATE {self.table} SET gen = {g}, updated_at = now() WHERE id > {(g - 1) * _SHIFT}"
            )
        else:
            self.laptop.sql(f"UPDATE {self.table} SET gen = {g}, updated_at = now()")
        self._shapes.append(self._shape(g))

    def _shape(self, g: int) -> Shape:
        if not self._traits.sees_updates:
            return tuple((n, ROWS, (n - 1) * ROWS + 1, n * ROWS) for n in range(1, g + 1))
        shift = (g - 1) * _SHIFT if self._traits.sees_deletes else 0
        return ((g, ROWS, shift + 1, shift + ROWS),)

    def roll_back_to(self, generation: int) -> None:
        """Aurora was restored: the generations after this one never were."""
        self.generation, self.may_go_back = generation, True

    def allow_empty(self) -> None:
        """The table was emptied."""
        self._shapes.append(())
        self.may_go_back = True

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks at FINAL all the while; what it must never show is in `violations`."""
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(ended,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _watch(self, ended: threading.Event) -> None:
        newest = 0
        connection = None
        while not ended.wait(_LOOK_SECONDS):
            try:
                connection = connection or snowflake.connector.connect(**self.laptop.known["snowflake"])
                shown = self._shown(connection)
            except snowflake.connector.Error:
                connection = None  # its session was dropped, or its password changed, by the fault itself
                continue
            self.looks += 1
            if shown not in self._shapes:
                self.violations.append(f"FINAL showed {shown}")
            elif (at := self._shapes.index(shown)) < newest and not self.may_go_back:
                self.violations.append(f"FINAL went back from generation {newest} to {at}")
            else:
                newest = at
        if connection:
            connection.close()

    def _shown(self, connection: Any) -> Shape:
        query = f"SELECT GEN, COUNT(*), MIN(ID), MAX(ID) FROM {self.target} GROUP BY GEN ORDER BY GEN"
        with connection.cursor() as cursor:
            try:
                cursor.execute(query)
            except snowflake.connector.errors.ProgrammingError as error:
                if error.errno == 2003:  # a table that was not loaded yet
                    return ()
                raise
            return tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in cursor.fetchall())

    def shown(self) -> Shape:
        """What FINAL shows now."""
        with snowflake.connector.connect(**self.laptop.known["snowflake"]) as connection:
            return self._shown(connection)

    def order(self, moment: str, what: str) -> None:
        """Leaves an order for the next invocation that comes by; `moment` is such as `export.before`."""
        folder = self.orders if not moment.startswith("config") else self.cloud.orders / "workflow"
        folder.mkdir(exist_ok=True)
        writing = folder / f"{uuid.uuid4()}.writing"
        writing.write_text(what)
        writing.rename(folder / moment)

    def hold(self, moment: str) -> "Hold":
        """The next invocation waits at this moment until it is let go."""
        name = uuid.uuid4().hex
        self.order(moment, f"hold {name}")
        return Hold(self.orders if not moment.startswith("config") else self.cloud.orders / "workflow", name, moment)

    def start(self) -> str:
        """An execution of this table alone."""
        return self.laptop.workflow.start([self.table])

    def ended(self, arn: str) -> Outcome:
        """The outcome once the execution ended."""
        return self.laptop.workflow.follow(arn)

    def run(self) -> Outcome:
        return self.ended(self.start())

    def redrive(self, arn: str) -> Outcome:
        self.laptop.workflow.redrive(arn)
        return self.ended(arn)

    def stop(self, arn: str) -> None:
        """StopExecution, and until it took."""
        self.laptop.aws.client("stepfunctions").stop_execution(executionArn=arn, error="Stopped", cause="by a test")
        until(lambda: self.ended(arn).status == "ABORTED", "the stop")

    def state(self, arn: str) -> str:
        """The state in which this table's child execution is."""
        entered = (event.get("stateEnteredEventDetails") for event in self._newest_events(arn))
        return next((str(details["name"]) for details in entered if details), "")

    def errors_met(self, arn: str) -> list[str]:
        """The errors of this table's failed attempts in an execution, each once, the last first."""
        failed = (event.get("taskFailedEventDetails") for event in self._newest_events(arn))
        return list(dict.fromkeys(str(details["error"]) for details in failed if details))

    def _newest_events(self, arn: str) -> Iterator[dict[str, Any]]:
        states = self.laptop.aws.client("stepfunctions")
        for map_run in states.list_map_runs(executionArn=arn)["mapRuns"]:
            for child in states.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]:
                history = states.get_execution_history(executionArn=child["executionArn"], reverseOrder=True)
                yield from history["events"]

    @property
    def identical(self) -> bool:
        """Whether every row and column is equal on both sides now."""
        return self.laptop.compared(self.schema, self.name, self.target).identical

    @property
    def ledger_adds_up(self) -> bool:
        """exported = loaded = merged + duplicates + quarantined + held for each batch, each batch once."""
        rows = self.laptop.warehouse(
            "SELECT BATCH_ID, EXPORTED, LOADED, MERGED + DUPLICATES + QUARANTINED + HELD "
            f"FROM AURORA.CONTROL.LEDGER WHERE TABLE_NAME = '{self.table}'"
        )
        return bool(rows) and len({row[0] for row in rows}) == len(rows) and all(a == b == c for _, a, b, c in rows)


class Hold:
    """An invocation that waits."""

    def __init__(self, folder: Path, name: str, moment: str) -> None:
        self._folder, self._name, self._moment = folder, name, moment

    def event(self) -> dict[str, Any]:
        """The step's event (after: with its answer), once the invocation has arrived."""

        held = self._folder / f"{self._name}.held"
        until(held.exists, f"an invocation at {self._moment}", 90)
        return dict(json.loads(held.read_text()))

    def files(self) -> list[str]:
        """The names of the files that a held export wrote."""
        return [str(file["name"]) for file in self.event()["files"]]

    def go(self, order: str = "") -> None:
        """Lets it go on, with an order if there is one; harmless when it went on already."""
        path = self._folder / f"{self._name}.go"
        writing = path.with_suffix(".going")
        writing.write_text(order)
        writing.rename(path)

"""A laptop cloud on which executions wait and tables change at the seams between the steps."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from local.aws.server import set_wait_scale
from tests.support.edits import Edit
from tests.support.functions import Undo, change, change_settings
from tests.support.laptop import Laptop
from tests.support.leases import ignore_leases
from tests.system.faults.cloud import WAIT_SCALE, until

# Tables of one execution that are under way together.
AT_ONCE = 3
_AT_SEAMS = (Path(__file__).parent / "at_seams.py").read_text()
_ORDERED = ("schema", "export", "await_load", "reconcile")
# A statement in an error's message ends where its sentence goes on, but not inside a quoted name.
_STATEMENT = re.compile(r'run (ALTER TABLE (?:"(?:[^"]|"")*"|[^";])+)')


@dataclass(frozen=True)
class Table:
    """One Aurora table and its copies."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def object_name(self) -> str:
        return f"{self.schema.upper()}__{self.name.upper()}"

    @property
    def final(self) -> str:
        return f"AURORA.FINAL.{self.object_name}"

    @property
    def staging(self) -> str:
        return f"AURORA.STAGING.{self.object_name}"


class DriftCloud:
    """The cloud in `home`, whose functions obey orders."""

    def __init__(self, laptop: Laptop, home: Path) -> None:
        self.laptop, self.orders = laptop, home / "orders"
        self._views = count(1)

    def order(self, table: Table, seam: str, statement: str) -> None:
        """The statement runs in Aurora when the table next passes the seam, such as `export.before`."""
        self._write(table, seam, statement)

    def hold(self, tables: Iterable[Table]) -> str:
        """Starts an execution of the tables, whose batches all wait between export and merge; returns its ARN."""
        tables = list(tables)
        for table in tables:
            self._write(table, "hold", "")
        arn = self.laptop.workflow.start([str(table) for table in tables])
        for table in tables:
            until(partial(self._held, table), f"a held batch of {table}", 120)
        return arn

    def release(self, tables: Iterable[Table]) -> None:
        """Lets held batches go on."""
        for table in tables:
            for held in self._held(table):
                held.unlink()

    def pause(self, table: Table, statement: str) -> None:
        """The next step that is about to run the statement, of which this is a part, waits."""
        self._write(table, "pause", statement)

    def is_paused(self, table: Table) -> bool:
        """Whether a step waits before the statement."""
        return (self.orders / str(table) / "paused").exists()

    def go_on(self, table: Table) -> None:
        """Ends the pause."""
        (self.orders / str(table) / "paused").unlink()

    def _held(self, table: Table) -> list[Path]:
        return list((self.orders / str(table)).glob("held.*"))

    def _write(self, table: Table, name: str, text: str) -> None:
        folder = self.orders / str(table)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.writing").write_text(text)
        (folder / f"{name}.writing").rename(folder / name)

    def letters(self) -> dict[str, dict[str, Any]]:
        """The dead letters since the last call, by table."""
        return {letter["table_name"]: letter for letter in self.laptop.letters()}

    def difference(self, table: Table, select: str = "*") -> str:
        """How FINAL differs from a select list over Aurora's table, value by value; empty where it does not."""
        view = f"promise{next(self._views)}"
        self.laptop.sql(f"CREATE VIEW {table.schema}.{view} AS SELECT {select} FROM {table}")
        try:
            found = self.laptop.compared(table.schema, view, table.final)
        except KeyError as column:
            return f"FINAL has no column {column}"
        finally:
            self.laptop.sql(f"DROP VIEW {table.schema}.{view}")
        return "" if found.identical and found.final_rows else str(found)

    def staged(self, table: Table) -> int:
        """How many rows STAGING holds."""
        return int(self.laptop.warehouse(f"SELECT COUNT(*) FROM {table.staging}")[0][0])

    def ledger(self, table: Table) -> list[tuple[int, int, int]]:
        """For each batch what was exported, what was loaded, and what became of it all."""
        return [
            (int(exported), int(loaded), int(applied))
            for exported, loaded, applied in self.laptop.warehouse(
                "SELECT EXPORTED, LOADED, MERGED + DUPLICATES + QUARANTINED + HELD FROM AURORA.CONTROL.LEDGER "
                "WHERE TABLE_NAME = %s",
                str(table),
            )
        ]


def ordered(laptop: Laptop, home: Path) -> tuple[DriftCloud, Undo]:
    """The functions obey orders, waits are short, and a few tables are under way together."""
    drift_cloud = DriftCloud(laptop, home)
    at_seams = _AT_SEAMS.replace("@FOLDER@", str(drift_cloud.orders)).replace("@DSN@", laptop.known["postgres"]["dsn"])
    restore = _set_tables_at_once(laptop, AT_ONCE)
    # Here runs of one table overlap on purpose.
    undone = [ignore_leases(laptop), restore]
    for step in _ORDERED:
        edits = {"functions/at_seams.py": lambda _: at_seams, f"functions/{step}/handler.py": _at_seams_of(step)}
        undone.append(change(laptop, step, edits, {}))
    # Every write of a test is committed before the run that must see it.
    undone.append(change_settings(laptop, "watermark", {"FENCE_MARGIN_SECONDS": "0"}))
    set_wait_scale(laptop.aws, WAIT_SCALE)

    def undo() -> None:
        set_wait_scale(laptop.aws, 1)
        for one in undone:
            one()

    return drift_cloud, undo


def _set_tables_at_once(laptop: Laptop, tables: int) -> Undo:
    """Each table at once more starts a process for each function, which costs more than it saves."""
    states, arn = laptop.aws.client("stepfunctions"), laptop.known["state_machine_arn"]
    former = states.describe_state_machine(stateMachineArn=arn)["definition"]
    definition = json.loads(former)
    definition["States"]["Each table"]["MaxConcurrency"] = tables
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    return lambda: states.update_state_machine(stateMachineArn=arn, definition=former)


def _at_seams_of(step: str) -> Edit:
    return lambda source: (
        f"{source}\n\nfrom functions.at_seams import at_seams\n\nhandler = at_seams({step!r}, handler)\n"
    )


def statements_in(message: str) -> list[str]:
    """The statements that an error's message tells a person to run in Snowflake."""
    return [statement.strip() for statement in _STATEMENT.findall(message)]

"""What may change about a table, and what FINAL then promises."""

from dataclasses import dataclass, field
from typing import Any

from functions.shared.contract.traits import TRAITS
from tests.support.strategies import specs
from tests.system.drift.cloud import Table

SPECS = specs(at="updated_at", deletes="hard")


# STAGING is made again without the rows of the run that waits, and its pipe has loaded their file and does not again.
WITHOUT_STAGING = ("LoadTimedOut", "MergeFailed")


@dataclass(frozen=True)
class Case:
    """One change of a table with the columns id, note, `columns` and updated_at.

    SQL may hold {t}, {name} and {final}; promises, which are select lists over Aurora's table, {old}.
    """

    name: str
    change: str = ""
    columns: str = ""
    values: str = ""
    touch: str = ""
    rows: int = 20
    strategies: tuple[str, ...] = ("timestamp", "xmin")
    spec: dict[str, Any] = field(default_factory=dict)
    key: str = "PRIMARY KEY (id)"
    # What a person changes besides: statements in Snowflake, keys of the specification.
    in_snowflake: str = ""
    changed_spec: dict[str, Any] = field(default_factory=dict)
    # Whether rows are written before and after the change; an append-only table only gets new ones.
    moves: bool = True
    appends: bool = False
    writes_after: bool = True
    # Whether Aurora rewrites all rows, which are then read again where no watermark column says otherwise.
    rewrites: bool = False
    # Phrases of the note of the run after the change; or the error that it ends with and phrases of its message.
    said: tuple[str, ...] = ()
    refused: str = ""
    # What FINAL shows once that run and the one held before it have ended, and after a reload.
    promise: str = "*"
    reloaded: str = "*"
    # The error of the run that was held before its merge, or the errors that it may be; empty where it goes through.
    held_fails: str | tuple[str, ...] = ""
    # After a refusal: what is changed in Aurora or in the specification; statements in the message are always run.
    mend: str = ""
    mended_spec: dict[str, Any] = field(default_factory=dict)
    # Whether the message's statements are run, and the run redriven, while the older run is still held.
    mended_first: bool = False


@dataclass(frozen=True)
class Role:
    """A case run by one table under one strategy."""

    case: Case
    strategy: str
    table: Table

    @property
    def specification(self) -> dict[str, Any]:
        """As it is before the change."""
        return {"table_name": str(self.table), **SPECS[self.strategy], **self.case.spec}

    @property
    def reloads(self) -> bool:
        """Whether FINAL promises less than Aurora holds until the table is reloaded."""
        return "{old}" in self.case.promise and not self.case.refused

    @property
    def title(self) -> str:
        return f"{self.case.name}-{self.strategy}"

    def filled(self, text: str) -> str:
        """The SQL with names and conditions in place of their marks."""
        for mark, meaning in {
            "{t}": str(self.table),
            "{name}": self.table.name,
            "{final}": self.table.final,
            "{staging}": self.table.staging,
            "{old}": f"({self._old})",
        }.items():
            text = text.replace(mark, meaning)
        return text

    @property
    def _old(self) -> str:
        """Which rows no run has merged since the change: where it was refused, the held one merged what it held."""
        traits = TRAITS[self.strategy]
        if traits.form == "whole" or (self.case.rewrites and traits.leads is None):
            return "FALSE"
        if not self.case.moves:
            return "TRUE"
        if self.case.refused:
            return "id NOT BETWEEN 3 AND 8 AND id <= 30"
        return "id <= 20" if self.case.appends else "id BETWEEN 9 AND 20"

    def create(self) -> list[str]:
        """The table and its first rows."""
        parts = ["id bigint NOT NULL", "note text", self.case.columns, "updated_at timestamptz NOT NULL DEFAULT now()"]
        columns = ", ".join(part for part in (*parts, self.case.key) if part)
        return [
            self.filled(f"CREATE TABLE {{t}} ({columns})"),
            self._insert(1, self.case.rows, "first", self.case.values),
        ]

    def move(self) -> list[str]:
        """What is written before the change."""
        return [*self._update(1, 5, "second"), self._insert(21, 25, "second", self.case.values)]

    def move_after(self) -> list[str]:
        """What is written after it, with values that only the new columns hold."""
        written = [*self._update(3, 8, "third", self.case.touch), self._insert(31, 35, "third")]
        if self.case.touch and not self.case.appends:
            written.append(self.filled(f"UPDATE {{t}} SET {self.case.touch} WHERE id > 30"))
        return written

    def _update(self, low: int, high: int, note: str, touch: str = "") -> list[str]:
        if self.case.appends:
            return []
        columns = ", ".join(part for part in (f"note = '{note}'", "updated_at = now()", touch) if part)
        return [self.filled(f"UPDATE {{t}} SET {columns} WHERE id BETWEEN {low} AND {high}")]

    def _insert(self, low: int, high: int, note: str, values: str = "") -> str:
        columns = ", ".join(_names(self.case.columns)) if values else ""
        extra, given = (f", {columns}", f", {values}") if columns else ("", "")
        return self.filled(
            f"INSERT INTO {{t}} (id, note{extra}) SELECT n, '{note}'{given} FROM generate_series({low}, {high}) AS n"
        )


def _names(columns: str) -> list[str]:
    """The names in a list of column definitions whose types hold no comma."""
    return [part.split()[0] for part in columns.split(", ")]

"""The changes of Aurora's columns since FINAL was made, and what follows from each for FINAL. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from functions.shared.contract.columns import Column
from functions.shared.contract.names import quote
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import widens
from functions.shared.snowflake.objects import TableObjects


@dataclass
class Drift:
    """The columns of the next files, notes for the result, refusals, and the columns to add and to widen in FINAL.

    `left_out` are new columns that the policy ignores; `layout_changed`: earlier files no longer fit the columns.
    """

    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    added: list[Column] = field(default_factory=list)
    widened: list[Column] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    layout_changed: bool = False


@dataclass(frozen=True)
class Sides:
    """The rules recorded last (`known`), those of Aurora's table now (`present`), and FINAL's columns (name to type).

    `recreated`: Aurora's table is another one of the same name; `reread`: this run reads every row.
    """

    objects: TableObjects
    known: MergeRules
    present: MergeRules
    final: Mapping[str, str]
    recreated: bool = False
    reread: bool = False

    @property
    def needed(self) -> list[Column]:
        """Columns that every batch needs: the key and the watermark."""
        return [*self.present.key, *([self.present.watermark] if self.present.watermark else [])]

    def older_rows(self, what: str) -> str:
        """The end of a note, about rows that this run does not read."""
        return "" if self.reread else f"; rows merged before {what}, until full_refresh is set to true for one run"

    def refusal(self, column: Column) -> str:
        """Why FINAL's column cannot take the values, and the statement that lets the sync make another one."""
        former = quote(f"{column.target_name}__V{self.known.schema_version}")
        return (
            f"column {column.name!r} is {self.final[column.target_name]} in FINAL, and as {column.type.label} it must "
            f"be {column.target_type}: to make it again, run ALTER TABLE {self.objects.final} "
            f"RENAME COLUMN {column.identifier} TO {former}"
        )


def find_drift(sides: Sides, ignore_new: bool) -> Drift:
    """Compares the columns; `ignore_new` leaves out new ones that are not in key or watermark."""
    drift = Drift()
    now = {column.name: column for column in sides.present.columns}
    for before in sides.known.columns:
        column = now.pop(before.name, None)
        if column is None:
            _gone(drift, sides, before, list(now.values()))
        else:
            drift.columns.append(column)
            _kept(drift, sides, before, column)
    for column in now.values():
        if ignore_new and column not in sides.needed:
            drift.left_out.append(column.name)
        else:
            drift.columns.append(column)
            _new(drift, sides, column)
    _compare_keys(drift, sides)
    return drift


def _gone(drift: Drift, sides: Sides, before: Column, others: Sequence[Column]) -> None:
    if before.target_name not in sides.final:
        drift.layout_changed = True
        drift.notes.append(f"column {before.name!r} is gone from Aurora and from FINAL")
        return
    drift.columns.append(replace(before, dropped=True))
    if before.dropped:
        return
    names = [other.name for other in others if other.number == before.number and not sides.recreated]
    how = f"is now called {names[0]!r}" if names else "is gone"
    drift.notes.append(f"column {before.name!r} {how}; FINAL keeps it, and rows merged from now on hold NULL in it")


def _kept(drift: Drift, sides: Sides, before: Column, column: Column) -> None:
    name, held_as = column.name, sides.final.get(column.target_name)
    needs_remake = before.target_type != column.target_type and not widens(before.target_type, column.target_type)
    retyped = f"column {name!r} was {before.type.label} and is now {column.type.label}"
    if held_as is None or (held_as == column.target_type and needs_remake):
        drift.added.append(column)
        drift.layout_changed = True
        drift.notes.append(f"column {name!r} is made again in FINAL" + sides.older_rows("hold NULL in it"))
    elif held_as != column.target_type and not widens(held_as, column.target_type):  # guard: type-that-loses-values
        drift.refusals.append(sides.refusal(column))
    elif before.dropped or (before.number != column.number and not sides.recreated):
        older = sides.older_rows("hold what it held before")
        drift.notes.append(f"column {name!r} was dropped and added again{older}")
    elif held_as == column.target_type and before.type != column.type:
        drift.notes.append(retyped + sides.older_rows("keep the values that it had"))
    elif held_as != column.target_type:
        drift.notes.append(retyped)
    if held_as is not None and held_as != column.target_type:
        drift.widened.append(column)


def _new(drift: Drift, sides: Sides, column: Column) -> None:
    held_as = sides.final.get(column.target_name)
    if held_as is None:
        drift.added.append(column)
    elif held_as != column.target_type:
        drift.refusals.append(sides.refusal(column))
    drift.notes.append(f"column {column.name!r} is new" + sides.older_rows("hold NULL in it"))


def _compare_keys(drift: Drift, sides: Sides) -> None:
    changes = []
    known, present, objects = sides.known, sides.present, sides.objects
    before, now = ([column.name for column in rules.key] for rules in (known, present))
    if before != now:
        changes.append(f"its key was {_listed(before)} and is now {_listed(now)}")
    if known.soft_deletes != present.soft_deletes:
        changes.append(f"soft deletes were {_on(known.soft_deletes)} and are now {_on(present.soft_deletes)}")
    if changes:
        former = replace(objects.source, name=f"{objects.source.name}__v{known.schema_version}")
        drift.refusals.append(
            f"{' and '.join(changes)}: to have FINAL made again and reloaded, run "
            f"ALTER TABLE {objects.final} RENAME TO {TableObjects(objects.database, former).final}"
        )


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})" if names else "none"


def _on(switch: bool) -> str:
    return "on" if switch else "off"

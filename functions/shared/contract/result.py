"""What a run of a table has done: the ledger of one batch, and the result over all waves. Pure."""

from pydantic import BaseModel, ConfigDict

from functions.shared.contract.traits import StrategyName
from functions.shared.contract.wire import Wire

_SUMMED = ("exported", "loaded", "merged", "duplicates", "quarantined", "deleted", "sampled", "waves")


class Ledger(Wire):
    """One batch's row of CONTROL.LEDGER: exported = loaded = merged + duplicates + quarantined + held."""

    exported: int
    loaded: int
    merged: int
    duplicates: int
    quarantined: int
    held: int
    deleted: int

    @property
    def accounted(self) -> int:
        """The rows that the merge accounts for."""
        return self.merged + self.duplicates + self.quarantined + self.held


class Result(BaseModel):
    """The result of the run up to its last wave. `drift` is the watermark drift, None where there is no watermark."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    table_name: str
    strategy: StrategyName
    target: str
    exported: int
    loaded: int
    merged: int
    duplicates: int
    quarantined: int
    held: int
    deleted: int
    quarantined_columns: dict[str, int]
    drift: float | None
    sampled: int
    full_refresh: bool
    batch_id: str
    note: str
    waves: int = 1

    def after(self, earlier: "Result | None") -> "Result":
        """The result of the run up to this wave; `earlier` is that of its waves before, None in the first.

        Rows are summed and notes collected; the rest (`held`, `drift`, ...) is this wave's.
        """
        if earlier is None:
            return self
        columns = dict(earlier.quarantined_columns)
        for column, rows in self.quarantined_columns.items():
            columns[column] = columns.get(column, 0) + rows
        notes = dict.fromkeys(note for one in (earlier, self) for note in one.note.split("; ") if note)
        summed = {term: getattr(earlier, term) + getattr(self, term) for term in _SUMMED}
        return self.model_copy(update={**summed, "quarantined_columns": columns, "note": "; ".join(notes)})

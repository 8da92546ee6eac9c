"""What a run of a table has done, over its waves. Pure."""

from typing import Any

_SUMMED = ("exported", "loaded", "merged", "duplicates", "quarantined", "deleted", "sampled", "waves")


def total(earlier: dict[str, Any] | None, wave: dict[str, Any]) -> dict[str, Any]:
    """The result of the run up to this wave; `earlier` is that of its waves before, None in the first.

    Rows are summed and notes collected; the rest (`held`, `drift`, ...) is as the last wave found it.
    """
    wave = {**wave, "waves": 1}
    if earlier is None:
        return wave
    columns = {**earlier["quarantined_columns"]}
    for column, rows in wave["quarantined_columns"].items():
        columns[column] = columns.get(column, 0) + rows
    notes = dict.fromkeys(note for told in (earlier, wave) for note in told["note"].split("; ") if note)
    summed = {term: earlier[term] + wave[term] for term in _SUMMED}
    return {**wave, **summed, "quarantined_columns": columns, "note": "; ".join(notes)}

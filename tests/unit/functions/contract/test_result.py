"""A run's result over its waves."""

from typing import Any

from functions.shared.contract.result import Result
from functions.shared.contract.traits import DEFAULT


def wave(**changed: Any) -> Result:
    counts = {"exported": 10, "loaded": 10, "merged": 6, "duplicates": 1, "quarantined": 2, "held": 1, "deleted": 3}
    common = {"table_name": "t", "strategy": DEFAULT, "target": "T", "full_refresh": False, "batch_id": "b", "note": ""}
    return Result(**{**common, **counts, "sampled": 5, "quarantined_columns": {}, "drift": 0.0, **changed})


def test_one_wave_is_its_own_total() -> None:
    assert wave(note="reloaded").after(None) == wave(note="reloaded", waves=1)


def test_rows_are_summed_and_what_is_left_is_the_last_waves() -> None:
    earlier = wave().after(wave())
    found = wave(merged=5, held=2, drift=7.0, batch_id="c").after(earlier)
    counts = {"exported": 30, "loaded": 30, "merged": 17, "duplicates": 3, "quarantined": 6, "deleted": 9}
    assert found == wave(**counts, sampled=15, waves=3, held=2, drift=7.0, batch_id="c")


def test_quarantined_rows_are_summed_by_column() -> None:
    earlier = wave(quarantined_columns={"DAY": 2, "A": 1})
    found = wave(quarantined_columns={"DAY": 3, "B": 4}).after(earlier)
    assert found.quarantined_columns == {"DAY": 5, "A": 1, "B": 4}
    assert earlier.quarantined_columns == {"DAY": 2, "A": 1}


def test_a_note_that_every_wave_repeats_is_told_once() -> None:
    earlier = wave(note="column 'a' is new; column 'b' is new")
    assert wave().after(earlier).note == "column 'a' is new; column 'b' is new"
    assert wave(note="column 'b' is new; wider").after(earlier).note == ("column 'a' is new; column 'b' is new; wider")

"""A run's result over its waves."""

from typing import Any

from functions.reconcile.totals import total


def wave(**changed: Any) -> dict[str, Any]:
    counts = {"exported": 10, "loaded": 10, "merged": 6, "duplicates": 1, "quarantined": 2, "held": 1, "deleted": 3}
    return {"table_name": "t", **counts, "sampled": 5, "quarantined_columns": {}, "drift": 0.0, "note": "", **changed}


def test_one_wave_is_its_own_total() -> None:
    assert total(None, wave(note="reloaded")) == wave(note="reloaded", waves=1)


def test_rows_are_summed_and_what_is_left_is_the_last_waves() -> None:
    earlier = total(total(None, wave()), wave())
    found = total(earlier, wave(merged=5, held=2, drift=7.0, batch_id="c"))
    counts = {"exported": 30, "loaded": 30, "merged": 17, "duplicates": 3, "quarantined": 6, "deleted": 9}
    assert found == wave(**counts, sampled=15, waves=3, held=2, drift=7.0, batch_id="c")


def test_quarantined_rows_are_summed_by_column() -> None:
    earlier = total(None, wave(quarantined_columns={"DAY": 2, "A": 1}))
    found = total(earlier, wave(quarantined_columns={"DAY": 3, "B": 4}))
    assert found["quarantined_columns"] == {"DAY": 5, "A": 1, "B": 4}
    assert earlier["quarantined_columns"] == {"DAY": 2, "A": 1}


def test_a_note_that_every_wave_repeats_is_told_once() -> None:
    earlier = total(None, wave(note="column 'a' is new; column 'b' is new"))
    assert total(earlier, wave())["note"] == "column 'a' is new; column 'b' is new"
    assert total(earlier, wave(note="column 'b' is new; wider"))["note"] == (
        "column 'a' is new; column 'b' is new; wider"
    )

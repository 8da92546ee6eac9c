"""What a merge reads of FINAL: twice at most, and only where its batch's keys can be."""

import pytest

from bench.merge_scan import measure

_ROWS = 400_000


def test_with_keys_in_order_it_reads_a_part_of_final_twice() -> None:
    scan = measure(_ROWS, "in order")
    assert len(scan.read) == 2
    # A part of the engine's tables has at most 122,880 rows.
    assert max(scan.read) <= 122_880


@pytest.mark.parametrize("rows", [1_000, 100_000])
def test_with_random_keys_it_reads_all_of_final_twice(rows: int) -> None:
    assert measure(rows, "UUID").read == [rows, rows]

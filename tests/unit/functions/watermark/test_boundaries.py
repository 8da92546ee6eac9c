"""Where slices are cut: pure arithmetic on the quantiles of a sample."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.contract.bounds import Slice
from functions.watermark.slices import boundaries

QUANTILES = st.lists(st.integers(0, 50), max_size=60).map(lambda values: [f"{value:03}" for value in sorted(values)])
PARTS = st.integers(0, 80)


@given(QUANTILES, PARTS)
def test_the_cuts_rise_and_leave_no_part_empty(quantiles: list[str], parts: int) -> None:
    cuts = boundaries(quantiles, parts)
    assert all(low < high for low, high in pairwise(cuts))
    assert len(cuts) <= max(parts - 1, 0)
    edges = ["", *cuts, "~"]
    sizes = [sum(low <= value < high for value in quantiles) for low, high in pairwise(edges)]
    assert sum(sizes) == len(quantiles)
    assert not quantiles or min(sizes) > 0


@pytest.mark.parametrize("length", [36, 64, 500, 60_000])
def test_long_values_make_fewer_parts_so_that_they_fit_into_the_state(length: int) -> None:
    quantiles = [f"{number:04}".ljust(length, "x") for number in range(1000)]
    cuts = boundaries(quantiles, 1000)
    edges = [None, *cuts, None]
    slices = [Slice(low=low, high=high).model_dump(mode="json") for low, high in pairwise(edges)]
    assert len(json.dumps(slices)) < 100_000
    assert len(cuts) > min(50, 20_000 // length) or length == 60_000


@given(QUANTILES.filter(bool), PARTS)
def test_the_lowest_value_is_never_a_cut(quantiles: list[str], parts: int) -> None:
    """Nothing lies below it: a wave that ended there would be empty, and the next one the same again."""
    assert quantiles[0] not in boundaries(quantiles, parts)


@given(st.integers(1, 300), st.integers(1, 50))
def test_parts_of_distinct_values_are_about_equal(count: int, parts: int) -> None:
    values = [f"{value:04}" for value in range(count)]
    edges = ["", *boundaries(values, parts), "~"]
    sizes = [sum(low <= value < high for value in values) for low, high in pairwise(edges)]
    assert len(sizes) == min(parts, count)
    assert max(sizes) - min(sizes) <= 1


def test_one_value_is_not_cut() -> None:
    assert boundaries(["7"] * 1000, 40) == []


def test_an_empty_sample_is_not_cut() -> None:
    assert boundaries([], 40) == []

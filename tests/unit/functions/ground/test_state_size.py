"""A table whose state would end its run is told so before anything of it is exported."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from pydantic import BaseModel

from functions.shared.contract.bounds import Contents, Slice
from functions.shared.contract.columns import Column
from functions.shared.contract.rules import MergeRules
from functions.shared.ground.errors import StateTooLarge
from functions.shared.ground.observability import step
from functions.shared.ground.state_size import MOST_BYTES, check_size, size_of
from tests.support.batches import KEYED
from tests.support.bounds import bounds_of

NAME = f"commerce.{'t' * 54}"


def state(**bounds: Any) -> dict[str, Any]:
    table = {"table_name": NAME, "spec": {"table_name": NAME, "watermark_type": "xmin"}, "digest": "d" * 16}
    made = bounds_of(high="2026-01-01", **bounds).model_dump(mode="json")
    return {"table": table, "execution": "e" * 36, "bounds": made, "schema": KEYED.to_json()}


def partitions(count: int) -> dict[str, Any]:
    return state(contents=Contents(storage={str(16_384 + one): 900_000 + one for one in range(count)}))


def labels(count: int) -> dict[str, Any]:
    return state(contents=Contents(labels={str(16_384 + one): f"label {one}" for one in range(count)}))


def columns(count: int) -> dict[str, Any]:
    column = KEYED.columns[-1]
    wide = [Column.from_json({**column.to_json(), "name": f"column_number_{one}"}) for one in range(count)]
    rules = MergeRules(columns=[*KEYED.columns, *wide], key=KEYED.key, watermark=None, soft_deletes=False)
    return {**state(), "schema": rules.to_json()}


def slices(count: int) -> dict[str, Any]:
    return state(slices=[Slice(low=str(one), high=str(one + 1)) for one in range(count)])


EDGES: dict[Callable[[int], dict[str, Any]], str] = {
    partitions: "bounds.contents",
    labels: "bounds.contents",
    columns: "schema",
    slices: "bounds.slices",
}


def refused(given: dict[str, Any]) -> bool:
    try:
        check_size(NAME, given)
    except StateTooLarge:
        return True
    return False


def edge(of: Callable[[int], dict[str, Any]]) -> int:
    """The first number that is refused."""
    low, high = 1, 100_000
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if refused(of(middle)) else (middle + 1, high)
    return low


FILE = {"name": f"{NAME}-v12/2026/11/28/22/run-{'5f3e' * 9}.v12.csv", "version": 10**15}


def largest(given: dict[str, Any]) -> int:
    """The bytes of what Step Functions hands on: the parts that the export's slices return, or the state after it."""
    part = {"rows": 10**7, "bytes": 10**9, "files": [FILE], "wait_seconds": 45}
    return max(size_of([part] * len(given["bounds"]["slices"])), size_of(exported(given)))


def exported(given: dict[str, Any]) -> dict[str, Any]:
    """The state after the export, one file a slice, as the definition makes it."""
    files = [FILE] * len(given["bounds"]["slices"])
    bounds = {name: part for name, part in given["bounds"].items() if name != "slices"}
    failure = {"failure": {"state": "Merge", "error": "WarehouseUnavailable", "message": "x" * 4000}}
    return {**given, "bounds": bounds, "batch": {"id": "i" * 36, "rows": 1, "bytes": 1, "files": files}, **failure}


@pytest.mark.parametrize("of", EDGES, ids=lambda of: of.__name__)
def test_the_last_that_passes_fits_to_the_end_and_the_next_is_told(of: Callable[[int], dict[str, Any]]) -> None:
    most = edge(of)
    check_size(NAME, of(most - 1))
    assert largest(of(most - 1)) <= MOST_BYTES
    with pytest.raises(
        StateTooLarge, match=rf"^{NAME}: .* KB at most; the largest parts are {EDGES[of]} with .*partit"
    ):
        check_size(NAME, of(most))


def test_what_is_refused_would_hardly_fit() -> None:
    assert min(largest(of(edge(of) * 12 // 10)) for of in EDGES) > MOST_BYTES


@pytest.mark.parametrize("of", [partitions, columns], ids=lambda of: of.__name__)
def test_a_step_that_would_return_too_much_says_so(of: Callable[[int], dict[str, Any]], context: Mock) -> None:
    made = of(edge(of) * 12 // 10)

    class Added(BaseModel):
        bounds: Any
        schema_: Any = None

    @step
    def adding(_given: Added) -> Added:
        return Added(bounds=made["bounds"], schema_=made["schema"])

    with pytest.raises(StateTooLarge, match=f"^{NAME}"):
        adding({"table": made["table"], "bounds": None}, context)
    assert adding({"bounds": None}, context)["bounds"]

"""The ledger of a batch adds up, or the batch is refused."""

import pytest

from functions.reconcile.evidence import check_ledger
from functions.shared.contract.result import Ledger
from functions.shared.ground.errors import ReconciliationFailed

COUNTS = {"exported": 10, "loaded": 10, "merged": 5, "duplicates": 2, "quarantined": 2, "held": 1, "deleted": 7}
LEDGER = Ledger(**COUNTS)


def test_a_ledger_that_adds_up_passes() -> None:
    check_ledger("t", 10, 10, LEDGER)


@pytest.mark.parametrize("term", ["merged", "duplicates", "quarantined", "held", "exported", "loaded"])
def test_one_row_too_few_anywhere_is_found(term: str) -> None:
    with pytest.raises(ReconciliationFailed, match=r"^t: the batch does not add up: Aurora exported 10"):
        check_ledger("t", 10, 10, Ledger(**{**COUNTS, term: COUNTS[term] - 1}))


@pytest.mark.parametrize("counted", [(9, 10), (10, 9), (11, 11)])
def test_a_count_of_another_hand_that_differs_is_found(counted: tuple[int, int]) -> None:
    with pytest.raises(ReconciliationFailed):
        check_ledger("t", *counted, LEDGER)

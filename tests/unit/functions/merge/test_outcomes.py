"""Which ends of a merge are answered by another submission, and for how long."""

import pytest

from functions.merge.outcomes import repetition


@pytest.mark.parametrize("word", ["MERGED", "ALREADY_MERGED", "NO_BATCH", "PARTIAL_LOAD"])
def test_what_another_session_may_see_a_moment_later_is_asked_again(word: str) -> None:
    """The merge has a session of its own, and READ_CONSISTENCY_MODE may be SESSION: these are ends without a line of
    the ledger, as the function sees it."""
    assert repetition(word, 1)
    assert repetition(word, 100) is None


@pytest.mark.parametrize("word", ["MASS_DELETE 200 300", "UNREPRESENTABLE 2", "DUPLICATE_KEYS", "OVERLAPPING"])
def test_what_stays_so_is_told_at_once(word: str) -> None:
    assert repetition(word, 1) is None

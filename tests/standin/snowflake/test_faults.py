"""A held MERGE is invisible until it goes on, and leaves nothing when its session ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.standin.snowflake.account import eventually

MERGE = "MERGE INTO T USING (SELECT 1 AS A) S ON T.A = S.A WHEN NOT MATCHED THEN INSERT (A) VALUES (S.A)"


@pytest.mark.parametrize(("aborts", "rows"), [(False, 1), (True, 0)])
def test_a_held_merge_is_seen_only_when_it_went_on(state, session, aborts, rows):
    session.execute("CREATE TABLE T (A NUMBER)")
    other = state.session("D", "S")
    state.faults.hold_merge_into("T")
    with ThreadPoolExecutor() as pool:
        merging = pool.submit(session.execute, MERGE)
        eventually(lambda: state.faults.holds_a_merge)
        assert other.execute("SELECT COUNT(*) FROM T").scalar() == 0
        state.faults.release(aborts)
        if aborts:
            with pytest.raises(ProgrammingError, match="its session was ended"):
                merging.result()
        else:
            merging.result()
    assert other.execute("SELECT COUNT(*) FROM T").scalar() == rows
    session.execute(MERGE)

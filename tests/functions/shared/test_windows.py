"""The rows between two bounds: as text, and on real data with transactions that commit late."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from psycopg2 import sql

from functions.shared.aurora.fence import read_fence
from functions.shared.aurora.session import Aurora
from functions.shared.aurora.windows import (
    EVERYTHING,
    after,
    before,
    both,
    relation,
    window,
    written_before,
    xmin_between,
)
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.names import SourceTable

COMMON = {"status": "NEW", "target": "T", "started_at": 0}
MARGIN = 0.05


def timestamps(low: str | None, high: str, **more: Any) -> Bounds:
    return Bounds(
        **{
            **COMMON,
            "strategy": "timestamp",
            "column": "at",
            "type_name": "timestamptz",
            "low": low,
            "high": high,
            **more,
        }
    )


def text(source: Aurora, condition: sql.Composable) -> str:
    return source.text(condition)


def test_a_window_is_open_at_both_ends(source: Aurora) -> None:
    bounds = timestamps("2026-01-01", "2026-01-02")
    assert text(source, window(bounds)) == "\"at\" > '2026-01-01'::timestamptz AND \"at\" < '2026-01-02'::timestamptz"


def test_a_first_window_has_no_lower_bound(source: Aurora) -> None:
    assert text(source, window(timestamps(None, "2026-01-02"))) == "\"at\" < '2026-01-02'::timestamptz"


def test_a_complete_window_is_everything_past_the_fence_included() -> None:
    assert window(timestamps("2026-01-01", "2026-01-02", complete=True)) == EVERYTHING


def test_a_window_without_bounds_is_an_error_not_everything() -> None:
    for missing in ({"high": None}, {"column": None}):
        with pytest.raises(ValueError, match=r"no column or no high"):
            window(timestamps("2026-01-01", "2026-01-02").model_copy(update=missing))


def test_hostile_columns_and_bounds_stay_in_their_quotes(source: Aurora) -> None:
    condition = text(source, both(after('a" OR true --', "1' OR true --", "int8"), before("b", "2", "int8")))
    assert condition == """"a"" OR true --" > '1'' OR true --'::int8 AND "b" < '2'::int8"""


def test_both_of_nothing_is_everything() -> None:
    assert both() == both(EVERYTHING, EVERYTHING) == EVERYTHING


def test_a_relation_is_quoted(source: Aurora) -> None:
    assert text(source, relation(SourceTable("a.b", 'c"d'))) == '"a.b"."c""d"'


def ids(source: Aurora, table: str, condition: sql.Composable) -> set[int]:
    query = sql.SQL("SELECT id FROM {} WHERE {}").format(relation(SourceTable.parse(table)), condition)
    return {row["id"] for row in source.rows(query)}


@pytest.fixture
def table(owner: Any, schema: str) -> str:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    return f"{schema}.t"


def fenced(source: Aurora, table: str) -> Callable[[], str]:
    """The present fence, read anew at each call."""

    def high() -> str:
        return read_fence(source, table, MARGIN, watermark=True).moment.isoformat()

    return high


class Copy:
    """A copy of the table's ids that is filled window by window, as the sync fills FINAL."""

    def __init__(self, source: Aurora, table: str, high: Callable[[], str]) -> None:
        self.source, self.table, self.high = source, table, high
        self.ids: set[int] = set()
        self.low: str | None = None

    def run(self) -> set[int]:
        """One window from the copy's own maximum; returns what was new."""
        condition = window(timestamps(self.low, self.high()))
        query = sql.SQL("SELECT id, at::text AS at FROM {} WHERE {} ORDER BY at").format(
            relation(SourceTable.parse(self.table)), condition
        )
        rows = self.source.rows(query)
        found = {row["id"] for row in rows}
        self.ids |= found
        self.low = rows[-1]["at"] if rows else self.low
        return found


def late_commit(copy: Copy, owner: Any, session: Any) -> set[int]:
    """Row 1 is written first and committed after row 2 was exported, if the high bound allows that."""
    session.execute(f"INSERT INTO {copy.table} VALUES (1)")
    time.sleep(0.01)
    owner.execute(f"INSERT INTO {copy.table} VALUES (2)")
    time.sleep(2 * MARGIN)
    copy.run()
    session.connection.commit()
    time.sleep(2 * MARGIN)
    return copy.run()


def test_a_row_committed_after_the_fence_is_exported_next_time(
    source: Aurora, owner: Any, session: Any, table: str
) -> None:
    copy = Copy(source, table, fenced(source, table))
    assert late_commit(copy, owner, session) == {1, 2}
    assert copy.ids == {1, 2}


def test_with_the_clock_instead_of_the_fence_that_row_is_lost(
    source: Aurora, owner: Any, session: Any, table: str
) -> None:
    copy = Copy(source, table, lambda: source.row("SELECT now()::text AS now")["now"])
    assert late_commit(copy, owner, session) == set()
    assert copy.ids == {2}


def test_rows_with_one_timestamp_are_all_in_one_window(source: Aurora, owner: Any, table: str) -> None:
    copy = Copy(source, table, fenced(source, table))
    owner.execute(f"INSERT INTO {table} SELECT i FROM generate_series(1, 50) i")
    owner.execute(f"INSERT INTO {table} VALUES (51, now() + interval '1 hour')")
    time.sleep(2 * MARGIN)
    assert copy.run() == set(range(1, 51))
    assert copy.run() == set()


def horizon(source: Aurora) -> int:
    return read_fence(source, "t", 0, watermark=False).horizon


def test_an_xmin_window_has_what_was_written_since_the_last_horizon(source: Aurora, owner: Any, table: str) -> None:
    owner.execute(f"INSERT INTO {table} VALUES (1), (2)")
    first = horizon(source)
    assert ids(source, table, xmin_between(None, first)) == {1, 2}
    owner.execute(f"UPDATE {table} SET at = now() WHERE id = 1")
    owner.execute(f"INSERT INTO {table} VALUES (3)")
    second = horizon(source)
    assert ids(source, table, xmin_between(first, second)) == {1, 3}
    assert ids(source, table, xmin_between(second, horizon(source))) == set()


def test_rows_of_savepoints_and_late_commits_are_in_exactly_one_xmin_window(
    source: Aurora, owner: Any, session: Any, table: str
) -> None:
    windows, low = [], horizon(source)
    session.execute(f"INSERT INTO {table} VALUES (1); SAVEPOINT a; INSERT INTO {table} VALUES (2)")
    owner.execute(f"INSERT INTO {table} VALUES (10)")
    session.execute(
        f"RELEASE a; SAVEPOINT b; INSERT INTO {table} VALUES (3); SAVEPOINT c; INSERT INTO {table} VALUES (4)"
    )
    for number in range(3):
        high = horizon(source)
        windows.append(ids(source, table, xmin_between(low, high)))
        low = high
        if number == 0:
            session.execute("ROLLBACK TO c")
            session.connection.commit()
            owner.execute(f"INSERT INTO {table} VALUES (11)")
    assert windows == [set(), {1, 2, 3, 10, 11}, set()]


def test_the_last_snapshots_upper_end_as_horizon_would_lose_a_late_commit(
    source: Aurora, owner: Any, session: Any, table: str
) -> None:
    """The damage that pg_snapshot_xmin prevents."""
    naive = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS high"
    low = source.row(naive)["high"]
    session.execute(f"INSERT INTO {table} VALUES (1)")
    owner.execute(f"INSERT INTO {table} VALUES (2)")
    high = source.row(naive)["high"]
    found = ids(source, table, xmin_between(low, high))
    session.connection.commit()
    found |= ids(source, table, xmin_between(high, source.row(naive)["high"]))
    assert found == {2}


def test_rows_written_before_a_horizon_are_those_no_transaction_touched_since(
    source: Aurora, owner: Any, table: str
) -> None:
    owner.execute(f"INSERT INTO {table} VALUES (1), (2)")
    moment = horizon(source)
    owner.execute(f"UPDATE {table} SET at = now() WHERE id = 1")
    assert ids(source, table, written_before(moment)) == {2}


def test_frozen_rows_are_left_alone_by_an_xmin_window(source: Aurora, owner: Any, table: str) -> None:
    owner.execute(f"INSERT INTO {table} VALUES (1)")
    low = horizon(source)
    owner.execute(f"INSERT INTO {table} VALUES (2)")
    owner.execute(f"VACUUM FREEZE {table}")
    assert ids(source, table, xmin_between(low, horizon(source))) == {2}

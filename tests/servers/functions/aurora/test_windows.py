"""The rows between two bounds: as text, and on real data with transactions that commit late."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from psycopg2 import sql

from functions.shared.aurora.fence import read_fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import after, all_of, before, full_name, rows_in, written_before, written_between
from functions.shared.contract.bounds import Below, ColumnWindow
from functions.shared.contract.names import SourceTable

MARGIN = 0.05


def timestamps(low: str | None, high: str) -> ColumnWindow:
    return ColumnWindow(below=column("at", high, "timestamptz"), low=low)


def column(name: str, high: str = "2", type_name: str = "int8") -> Below:
    return Below(column=name, type_name=type_name, high=high)


def text(source: AuroraSession, condition: sql.Composable) -> str:
    return source.text(condition)


def test_a_window_is_open_at_both_ends(source: AuroraSession) -> None:
    window = timestamps("2026-01-01", "2026-01-02")
    assert text(source, rows_in(window)) == "\"at\" > '2026-01-01'::timestamptz AND \"at\" < '2026-01-02'::timestamptz"


def test_a_first_window_has_no_lower_bound(source: AuroraSession) -> None:
    assert text(source, rows_in(timestamps(None, "2026-01-02"))) == "\"at\" < '2026-01-02'::timestamptz"


def test_hostile_columns_and_bounds_stay_in_their_quotes(source: AuroraSession) -> None:
    condition = text(source, all_of(after(column('a" OR true --'), "1' OR true --"), before(column("b"))))
    assert condition == """"a"" OR true --" > '1'' OR true --'::int8 AND "b" < '2'::int8"""


def test_a_relation_is_quoted(source: AuroraSession) -> None:
    assert text(source, full_name(SourceTable("a.b", 'c"d'))) == '"a.b"."c""d"'


def ids(source: AuroraSession, table: str, condition: sql.Composable) -> set[int]:
    query = sql.SQL("SELECT id FROM {} WHERE {}").format(full_name(SourceTable.parse(table)), condition)
    return {row["id"] for row in source.rows(query)}


@pytest.fixture
def table(owner: Any, schema: str) -> str:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    return f"{schema}.t"


def fenced(source: AuroraSession, table: str) -> Callable[[], str]:
    """The present fence, read anew at each call."""

    def high() -> str:
        return read_fence(source, table, MARGIN, watermark=True).moment.isoformat()

    return high


class Copy:
    """A copy of the table's ids that is filled window by window, as the sync fills FINAL."""

    def __init__(self, source: AuroraSession, table: str, high: Callable[[], str]) -> None:
        self.source, self.table, self.high = source, table, high
        self.ids: set[int] = set()
        self.low: str | None = None

    def run(self) -> set[int]:
        """One window from the copy's own maximum; returns what was new."""
        condition = rows_in(timestamps(self.low, self.high()))
        query = sql.SQL("SELECT id, at::text AS at FROM {} WHERE {} ORDER BY at").format(
            full_name(SourceTable.parse(self.table)), condition
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
    source: AuroraSession, owner: Any, session: Any, table: str
) -> None:
    copy = Copy(source, table, fenced(source, table))
    assert late_commit(copy, owner, session) == {1, 2}
    assert copy.ids == {1, 2}


def test_with_the_clock_instead_of_the_fence_that_row_is_lost(
    source: AuroraSession, owner: Any, session: Any, table: str
) -> None:
    copy = Copy(source, table, lambda: source.row("SELECT now()::text AS now")["now"])
    assert late_commit(copy, owner, session) == set()
    assert copy.ids == {2}


def test_rows_with_one_timestamp_are_all_in_one_window(source: AuroraSession, owner: Any, table: str) -> None:
    copy = Copy(source, table, fenced(source, table))
    owner.execute(f"INSERT INTO {table} SELECT i FROM generate_series(1, 50) i")
    owner.execute(f"INSERT INTO {table} VALUES (51, now() + interval '1 hour')")
    time.sleep(2 * MARGIN)
    assert copy.run() == set(range(1, 51))
    assert copy.run() == set()


def horizon(source: AuroraSession) -> int:
    return read_fence(source, "t", 0, watermark=False).horizon


def test_an_xmin_window_has_what_was_written_since_the_last_horizon(
    source: AuroraSession, owner: Any, table: str
) -> None:
    owner.execute(f"INSERT INTO {table} VALUES (1), (2)")
    first = horizon(source)
    assert ids(source, table, written_between(None, first)) == {1, 2}
    owner.execute(f"UPDATE {table} SET at = now() WHERE id = 1")
    owner.execute(f"INSERT INTO {table} VALUES (3)")
    second = horizon(source)
    assert ids(source, table, written_between(first, second)) == {1, 3}
    assert ids(source, table, written_between(second, horizon(source))) == set()


def test_rows_of_savepoints_and_late_commits_are_in_exactly_one_xmin_window(
    source: AuroraSession, owner: Any, session: Any, table: str
) -> None:
    windows, low = [], horizon(source)
    session.execute(f"INSERT INTO {table} VALUES (1); SAVEPOINT a; INSERT INTO {table} VALUES (2)")
    owner.execute(f"INSERT INTO {table} VALUES (10)")
    session.execute(
        f"RELEASE a; SAVEPOINT b; INSERT INTO {table} VALUES (3); SAVEPOINT c; INSERT INTO {table} VALUES (4)"
    )
    for number in range(3):
        high = horizon(source)
        windows.append(ids(source, table, written_between(low, high)))
        low = high
        if number == 0:
            session.execute("ROLLBACK TO c")
            session.connection.commit()
            owner.execute(f"INSERT INTO {table} VALUES (11)")
    assert windows == [set(), {1, 2, 3, 10, 11}, set()]


def test_the_last_snapshots_upper_end_as_horizon_would_lose_a_late_commit(
    source: AuroraSession, owner: Any, session: Any, table: str
) -> None:
    """The damage that pg_snapshot_xmin prevents."""
    naive = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS high"
    low = source.row(naive)["high"]
    session.execute(f"INSERT INTO {table} VALUES (1)")
    owner.execute(f"INSERT INTO {table} VALUES (2)")
    high = source.row(naive)["high"]
    found = ids(source, table, written_between(low, high))
    session.connection.commit()
    found |= ids(source, table, written_between(high, source.row(naive)["high"]))
    assert found == {2}


def test_rows_written_before_a_horizon_are_those_no_transaction_touched_since(
    source: AuroraSession, owner: Any, table: str
) -> None:
    owner.execute(f"INSERT INTO {table} VALUES (1), (2)")
    moment = horizon(source)
    owner.execute(f"UPDATE {table} SET at = now() WHERE id = 1")
    assert ids(source, table, written_before(moment)) == {2}


def test_frozen_rows_are_left_alone_by_an_xmin_window(source: AuroraSession, owner: Any, table: str) -> None:
    owner.execute(f"INSERT INTO {table} VALUES (1)")
    low = horizon(source)
    owner.execute(f"INSERT INTO {table} VALUES (2)")
    owner.execute(f"VACUUM FREEZE {table}")
    assert ids(source, table, written_between(low, horizon(source))) == {2}

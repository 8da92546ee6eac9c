"""A fence is compared in the precision of the watermark column, into which now() is rounded."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.moments import moment_as
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.spec import parse_spec

FENCE = datetime(2026, 1, 1, 12, 0, 0, 300_000, tzinfo=UTC)


def fence_of(source: AuroraSession, owner: Any, schema: str, kind: str) -> str:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at {kind} NOT NULL)")
    spec = {"table_name": f"{schema}.t", "watermark_col": "at", "watermark_timezone": "UTC"}
    column = read_relation(source, parse_spec(spec, "test")).column("at")
    return moment_as(source, FENCE, column, "UTC")


def below(owner: Any, schema: str, fence: str) -> bool:
    """Whether a row that a transaction dates at the fence, or later, is taken for one below it."""
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, %s)", (FENCE.isoformat(),))
    owner.execute(f"SELECT at < %s FROM {schema}.t", (fence,))
    return bool(owner.fetchone()[0])


@pytest.mark.parametrize(
    "kind", ["timestamptz(0)", "timestamptz(3)", "timestamptz", "timestamp(0)", "timestamp", "date"]
)
def test_a_row_dated_at_the_fence_never_lies_below_it(
    source: AuroraSession, owner: Any, schema: str, kind: str
) -> None:
    assert not below(owner, schema, fence_of(source, owner, schema, kind))


def test_an_unrounded_fence_would_take_a_row_that_is_still_uncommitted_for_passed(
    source: AuroraSession, owner: Any, schema: str
) -> None:
    fence_of(source, owner, schema, "timestamptz(0)")
    assert below(owner, schema, FENCE.isoformat())

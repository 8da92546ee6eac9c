"""Not one row is lost under concurrent writers, and the harness that says so notices when a guard is gone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.laptop import Laptop
from tests.support.strategies import INCREMENTAL
from tests.system.torture.cases import hidden_sessions, lagging_clock
from tests.system.torture.evidence import Verdict
from tests.system.torture.guards import without_fence, without_margin
from tests.system.torture.harness import Torture
from tests.system.torture.workload import Pace

pytestmark = pytest.mark.torture

_PACE = Pace(holds=((80, 0.01, 0.1), (20, 0.1, 2)), pause=0.05)


@contextmanager
def _late_commit(torture: Torture) -> Iterator[None]:
    """A transaction that writes first and commits last, and newer rows that commit at once."""
    late = torture.laptop.connect()
    late.autocommit = False
    for name in torture.strategies:
        insert = f"INSERT INTO {torture.schema}.{name} (writer, amount) VALUES (0, 0)"
        late.cursor().execute(insert)
        torture.laptop.sql(insert)
    yield
    late.commit()
    late.close()


def _verdicts(torture: Torture) -> list[Verdict]:
    torture.sync()
    with _late_commit(torture):
        torture.write(writers=8, seconds=2, pace=_PACE)
    return torture.finish()


def test_every_row_arrives_once_while_writers_commit_late(laptop: Laptop) -> None:
    verdicts = _verdicts(Torture(laptop))
    assert [one for one in verdicts if not one.exact] == []
    assert all(one.written for one in verdicts)


def test_without_the_fence_the_same_harness_sees_rows_lost(laptop: Laptop) -> None:
    torture = Torture(laptop, INCREMENTAL, strict=False)
    with without_fence(laptop):
        verdicts = _verdicts(torture)
    assert [one.strategy for one in verdicts if not one.lost] == []


def test_without_the_margin_values_a_little_behind_the_clock_are_lost(laptop: Laptop) -> None:
    with without_margin(laptop):
        assert not lagging_clock(laptop, seconds=1).held


def test_a_session_that_hides_its_transactions_is_refused_and_its_rows_are_then_caught_up(laptop: Laptop) -> None:
    assert hidden_sessions(laptop).held

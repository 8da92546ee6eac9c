"""The fence's guards, and what a deployed function looks like without them."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.laptop import Laptop
from tests.support.sabotage import replacing, sabotaged
from tests.system.torture.workload import Pace

_FENCE = "functions/shared/aurora/fence.py"
# Without the fence only what is open longer than a run's own wait is lost from an integer table.
LONG_TRANSACTIONS = Pace(holds=((60, 0.01, 0.1), (40, 1, 6)), pause=0.05)


@contextmanager
def without_fence(laptop: Laptop) -> Iterator[None]:
    """High bounds are the clock and the newest transaction id, as a plain cursor has them."""

    def edit(source: str) -> str:
        clock = replacing("least(clock_timestamp()", "coalesce(clock_timestamp(), clock_timestamp()")
        return replacing("pg_snapshot_xmin(", "pg_snapshot_xmax(")(clock(source))

    with sabotaged(laptop, "watermark", {_FENCE: edit}):
        yield


@contextmanager
def without_margin(laptop: Laptop) -> Iterator[None]:
    """The fence is the clock when no transaction is open."""
    with sabotaged(laptop, "watermark", {_FENCE: replacing("secs => %(margin)s", "secs => 0 * %(margin)s")}):
        yield

"""The fence's guards, and what a deployed function looks like without them."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.edits import together
from tests.support.guards import without
from tests.support.laptop import Laptop
from tests.support.packages import edited
from tests.system.torture.workload import Pace

# Without the fence only what is open longer than a run's own wait is lost from an integer table.
LONG_TRANSACTIONS = Pace(holds=((60, 0.01, 0.1), (40, 1, 6)), pause=0.05)


@contextmanager
def without_fence(laptop: Laptop) -> Iterator[None]:
    """High bounds are the clock and the newest transaction id, as a plain cursor has them."""
    newest_id = '"pg_snapshot_xmax(pg_current_snapshot())::text::bigint"'
    clock = without("open-transaction-time-passed", instead='row["clock"]')
    with edited(laptop, "watermark", together(clock, without("open-transaction-id-passed", instead=newest_id))):
        yield


@contextmanager
def without_margin(laptop: Laptop) -> Iterator[None]:
    """The fence is the clock when no transaction is open."""
    with edited(laptop, "watermark", without("value-just-behind-the-clock", instead="0")):
        yield

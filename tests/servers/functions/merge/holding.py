"""Faults of the stand-in that a test of the merge asks for."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from tests.support.batches import Target


@contextmanager
def held(target: Target) -> Iterator[Callable[[str], None]]:
    """The target's next merge stands in its transaction until it is released: `go on`, or `abort`."""
    fault(target, hold_merge_into=target.objects.source.object_name)

    def release(how: str) -> None:
        eventually_held(target)
        fault(target, release=how)

    yield release
    fault(target, release="go on")


def eventually_held(target: Target) -> None:
    """Waits until a merge stands."""
    deadline = time.monotonic() + 20
    while not fault(target)["holds_a_merge"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def fault(target: Target, **faults: str) -> Any:
    """Sets faults of the stand-in; returns what it answers."""
    url = f"http://127.0.0.1:{target.warehouse._connection.port}/laptop/faults"
    with urlopen(Request(url, json.dumps(faults).encode(), method="POST")) as answer:
        return json.load(answer)

"""The law of this tier: while a test of it is set up and runs, no process starts and no port opens."""

import sys
import threading
from collections.abc import Generator
from typing import Any

import pytest

# What Python reports just before it happens, through whichever function and library.
FORBIDDEN = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "socket.bind", "socket.connect")


class _Guard:
    """Fails the test that does what is forbidden, while it is on: Python keeps such a hook to its end."""

    on = False
    # Threads that servers of other tiers' tests left running in this process go on as they were.
    others: frozenset[int | None] = frozenset()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in FORBIDDEN and threading.get_ident() not in self.others:
            pytest.fail(
                f"{event} {arguments}: a test in tests/unit starts no process and opens no port; "
                "move one that needs that to tests/servers"
            )


_guard = _Guard()
sys.addaudithook(_guard)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, Any, Any]:
    """No fixture, before which those of the module and the session would be made."""
    _guard.others = frozenset(thread.ident for thread in threading.enumerate()) - {threading.get_ident()}
    _guard.on = True
    try:
        return (yield)
    finally:
        _guard.on = False


pytest_runtest_call = pytest_runtest_setup

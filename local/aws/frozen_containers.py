"""Between invocations an execution environment is frozen: its monotonic clock stands still, the time of day goes on.

Stock ministack's environments are processes that run on while they wait.
"""

from ministack.core import lambda_runtime

_WAITS = "        line = sys.stdin.readline()\n"
_FREEZES = """\
        _frozen_at = _running_monotonic()
        line = sys.stdin.readline()
        _frozen_seconds[0] += _running_monotonic() - _frozen_at
"""
_CLOCKS = """
import time
_frozen_seconds = [0.0]
_running_monotonic, _running_counter = time.monotonic, time.perf_counter
time.monotonic = lambda: _running_monotonic() - _frozen_seconds[0]
time.perf_counter = lambda: _running_counter() - _frozen_seconds[0]
time.monotonic_ns = lambda: int(time.monotonic() * 1e9)
time.perf_counter_ns = lambda: int(time.perf_counter() * 1e9)
"""


def apply() -> None:
    """Gives Python's workers clocks without the time that they waited for an invocation."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    assert script.count(_WAITS) == 1, "ministack's worker waits for its invocations elsewhere"
    lambda_runtime._PYTHON_WORKER_SCRIPT = _CLOCKS + script.replace(_WAITS, _FREEZES)

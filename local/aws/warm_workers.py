"""An invocation waits for a busy execution environment as long as starting another one would take, then starts one.

Lambda starts another at once; on a laptop's few cores that costs more than it saves. Nothing is throttled or queued
for longer, so a function that calls itself or runs for minutes still gets its own environment.
"""

import threading
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_UNKNOWN_START_SECONDS = 5.0
_POLL_SECONDS = 0.005

_start_seconds: dict[str, float] = {}
_leasing = threading.Lock()


def apply() -> None:
    """Measures the start of environments and makes leasing one patient."""
    spawn, acquire = lambda_runtime.Worker._spawn, lambda_runtime.acquire_worker

    def spawn_and_measure(worker: lambda_runtime.Worker) -> None:
        began = time.monotonic()
        spawn(worker)
        _start_seconds[worker.func_name] = time.monotonic() - began

    def acquire_patiently(func_name: str, config: dict[str, Any], code_zip: bytes, **options: Any) -> Any:
        key = lambda_runtime._worker_key(func_name, config, options.get("qualifier", "$LATEST"))
        deadline = time.monotonic() + _start_seconds.get(func_name, _UNKNOWN_START_SECONDS)
        while True:
            with _leasing:
                known = lambda_runtime._workers.get(key, [])
                if not known or any(not worker.in_use for worker in known) or time.monotonic() > deadline:
                    return acquire(func_name, config, code_zip, **options)
            time.sleep(_POLL_SECONDS)

    lambda_runtime.Worker._spawn = spawn_and_measure
    lambda_svc.acquire_worker = acquire_patiently

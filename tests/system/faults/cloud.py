"""A laptop cloud whose functions obey orders, and what a test can break in it from outside."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import processes
from local.aurora.server import restart_uploader
from local.aws.inactive_functions import TAG
from local.aws.server import set_wait_scale
from tests.support.functions import Undo, change, change_settings, settings
from tests.support.laptop import Laptop
from tests.support.packages import function_name

STEPS = ("config", "watermark", "schema", "export", "await_load", "merge", "reconcile")
_FILE_BYTES = 2500
# The waits between two looks at a load or a merge, and between two attempts.
WAIT_SCALE = 0.3
_ORDERED = (Path(__file__).parent / "ordered.py").read_text()
# Every write here is committed before the run that must see it.
_MARGIN_SECONDS = 0
# Longer than any invocation here takes, the first included.
FUNCTION_TIMEOUT_SECONDS = 15


class FaultCloud:
    """The cloud in `home`; orders to its functions go through the folder `orders`."""

    def __init__(self, laptop: Laptop, home: Path) -> None:
        self.laptop, self.home = laptop, home
        self.orders = home / "orders"
        self.functions: Any = laptop.aws.client("lambda", read_timeout=300)

    @contextmanager
    def load_timeout(self, seconds: int) -> Iterator[None]:
        """How long await_load has patience."""
        with settings(self.laptop, "await_load", {"LOAD_TIMEOUT_SECONDS": str(seconds)}):
            yield

    @contextmanager
    def throttled(self, step: str) -> Iterator[None]:
        """Lambda answers TooManyRequestsException for the function."""
        name = function_name(step)
        self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            self.functions.delete_function_concurrency(FunctionName=name)

    def make_inactive(self, step: str, seconds: float) -> None:
        """The function has no network interfaces, as if nobody had called it for weeks; new ones take so long."""
        arn = self.functions.get_function(FunctionName=function_name(step))["Configuration"]["FunctionArn"]
        self.functions.tag_resource(Resource=arn, Tags={TAG: str(seconds)})

    def forget_sessions(self, *steps: str) -> None:
        """The next invocation of each step is a cold start: no session, no secret."""
        for step in steps or STEPS:
            change_settings(self.laptop, step, {"COLD_START": str(time.monotonic_ns())})

    def snowflake_fault(self, **orders: Any) -> dict[str, Any]:
        """Orders for the laptop's Snowflake."""
        known = self.laptop.known["snowflake"]
        return _post(f"http://{known['host']}:{known['port']}/laptop/faults", orders)

    def vault_fault(self, **orders: Any) -> None:
        """Orders for the laptop's Vault."""
        _post(f"{self.laptop.known['vault']['url']}/laptop/faults", orders)

    @contextmanager
    def stopped(self, process: str) -> Iterator[None]:
        """The process hangs: it keeps its connections and answers nothing."""
        group = json.loads((self.home / "processes" / f"{process}.json").read_text())["pid"]
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def put_file(self, key: str, content: str) -> None:
        """Writes an object into the staging bucket."""
        self.laptop.aws.client("s3").put_object(Bucket=self.laptop.known["bucket"], Key=key, Body=content.encode())

    def read_file(self, key: str) -> str:
        """The text of an object of the staging bucket."""
        answer = self.laptop.aws.client("s3").get_object(Bucket=self.laptop.known["bucket"], Key=key)
        return str(answer["Body"].read().decode())

    def logs(self) -> str:
        """The ends of all logs, for a failure that explains itself badly."""
        return "\n".join(processes.tail(self.home, path.stem) for path in (self.home / "logs").glob("*.log"))


def obedient(laptop: Laptop, home: Path) -> tuple[FaultCloud, Undo]:
    """The functions obey orders, waits are short, a lost invocation is given up soon, and exports are cut into small
    files, for which the uploader starts again: it takes their size when it starts."""
    cloud = FaultCloud(laptop, home)
    ordered = _ORDERED.replace("@FOLDER@", str(cloud.orders))
    margin = {"FENCE_MARGIN_SECONDS": str(_MARGIN_SECONDS)}
    undone = []
    for step in STEPS:
        edits = {"functions/ordered.py": lambda _: ordered, f"functions/{step}/handler.py": _with_orders(step)}
        undone.append(change(laptop, step, edits, margin, FUNCTION_TIMEOUT_SECONDS))
    restart_uploader(home, laptop.aws, _FILE_BYTES)
    set_wait_scale(laptop.aws, WAIT_SCALE)

    def undo() -> None:
        set_wait_scale(laptop.aws, 1)
        restart_uploader(home, laptop.aws)
        for one in undone:
            one()

    return cloud, undo


def until(true: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """The first true answer. Raises AssertionError naming what did not come."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)
    return answer


def _with_orders(step: str) -> Callable[[str], str]:
    return lambda source: f"{source}\n\nfrom functions.ordered import ordered\n\nhandler = ordered({step!r}, handler)\n"


def _post(url: str, orders: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, data=json.dumps(orders).encode(), method="POST")  # noqa: S310 -- the laptop's
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- the laptop's
        return dict(json.loads(answer.read()))

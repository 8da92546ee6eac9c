"""The law of this tier is in force: conftest.py refuses processes and ports, and nothing loads the CDK."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.imports import imported, module_of, reached

refused = pytest.raises(pytest.fail.Exception, match="a test in tests/unit starts no process and opens no port")


def bind() -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))


def connect() -> None:
    with socket.socket() as made:
        made.connect_ex(("127.0.0.1", 9))


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda: subprocess.run([sys.executable, "--version"], check=True),
        lambda: os.posix_spawn(sys.executable, [sys.executable, "--version"], {}),
        bind,
        connect,
    ],
    ids=["subprocess", "spawn", "bind", "connect"],
)
def test_no_process_starts_and_no_port_opens(forbidden: Callable[[], object]) -> None:
    with refused:
        forbidden()


def test_nor_in_a_thread_that_the_test_starts() -> None:
    with ThreadPoolExecutor() as pool, refused:
        pool.submit(bind).result()


def test_no_module_of_the_tier_loads_the_cdk_which_starts_node() -> None:
    own = [module_of(path) for path in Path(__file__).parent.rglob("*.py")]
    loaded = {name: {name} | reached(name) for name in own}
    node = {"aws_cdk", "cdk_nag", "constructs", "jsii"}
    starts = {module for modules in loaded.values() for module in modules if imported_packages(module) & node}
    assert not {name: found for name, modules in loaded.items() if (found := sorted(modules & starts))}


def imported_packages(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imported(module)}

"""Random tables of random types under random names arrive; the cases are shared between two processes."""

import subprocess
import sys
from pathlib import Path

import pytest

_CASES = Path(__file__).parent / "cases" / "random_tables_arrive.py"


@pytest.mark.timeout(1800)
def test_random_tables_arrive_or_are_listed() -> None:
    """Each case is CREATE TABLE, INSERTs, a run, sometimes changes and another run; a failing one is told as SQL."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "--quiet",
        "--no-header",
        "--show-capture=no",
        "-p",
        "no:cacheprovider",
        str(_CASES),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_CASES.parents[3])
    assert ran.returncode == 0, ran.stdout[-20_000:]

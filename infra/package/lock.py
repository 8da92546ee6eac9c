"""`python -m infra.package.lock` writes functions/hashes.txt: after a pin has changed, before that is committed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.package.hashes import PackagesError, installed_files, write_hashes
from infra.package.packages import Target

_FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
_TARGETS = [
    Target(python, architecture) for python in ("3.11", "3.12", "3.13", "3.14") for architecture in ("arm64", "x86_64")
]


def lock(functions: Path, targets: Iterable[Target]) -> int:
    """Asks the index for the packages of all functions on each target; returns how many packages there are.

    Raises PackagesError where one of them is not to be had, and then changes nothing.
    """
    found: dict[str, set[str]] = {}
    for target in targets:
        for pin, digest in _resolved(functions, target):
            found.setdefault(pin, set()).add(digest)
    write_hashes(functions / "hashes.txt", found)
    return len(found)


def _resolved(functions: Path, target: Target) -> Iterator[tuple[str, str]]:
    requirements = [str(path) for path in sorted(functions.glob("*/requirements.txt"))]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [
            *(sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"),
            *("--dry-run", "--ignore-installed", "--report", str(report), "--target", scratch),
            *(option for path in requirements for option in ("--requirement", path)),
            *("--constraint", str(functions / "constraints.txt"), *target.pip_options),
        ]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise PackagesError(
                f"pip found no packages for Python {target.python} on {target.architecture}: see its output above"
            )
        yield from installed_files(report)


if __name__ == "__main__":
    sys.stderr.write(f"{lock(_FUNCTIONS, _TARGETS)} packages for {len(_TARGETS)} targets.\n")

"""`python -m infra.package.lock` writes functions/hashes.txt: after a pin has changed, before that is committed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.package.hashes import PackagesError, installed_files, write_hashes
from infra.package.packages import Platform, pip_install

_FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
_PLATFORMS = [
    Platform(python, architecture)
    for python in ("3.11", "3.12", "3.13", "3.14")
    for architecture in ("arm64", "x86_64")
]


def lock(functions: Path, platforms: Iterable[Platform]) -> int:
    """Asks the index for the packages of all functions on each platform; returns how many packages there are.

    Raises PackagesError where one of them is not to be had, and then changes nothing.
    """
    found: dict[str, set[str]] = {}
    for platform in platforms:
        for pin, digest in _resolved(functions, platform):
            found.setdefault(pin, set()).add(digest)
    write_hashes(functions / "hashes.txt", found)
    return len(found)


def _resolved(functions: Path, platform: Platform) -> Iterator[tuple[str, str]]:
    requirements = sorted(functions.glob("*/requirements.txt"))
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [
            *pip_install(platform),
            "--dry-run",
            "--ignore-installed",
            f"--report={report}",
            f"--target={scratch}",
            *(f"--requirement={path}" for path in requirements),
            f"--constraint={functions / 'constraints.txt'}",
        ]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise PackagesError(
                f"pip found no packages for Python {platform.python} on {platform.architecture}: see its output above"
            )
        yield from installed_files(report)


if __name__ == "__main__":
    sys.stderr.write(f"{lock(_FUNCTIONS, _PLATFORMS)} packages for {len(_PLATFORMS)} platforms.\n")

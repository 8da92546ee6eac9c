"""Python packages for Lambda, installed by pip without Docker and kept per distinct set of requirements."""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.package.hashes import PackagesError, check
from infra.package.made_once import made_once

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


@dataclass(frozen=True)
class Platform:
    """What the packages must run on: a Python version such as 3.13 and a Lambda architecture."""

    python: str
    architecture: str

    @property
    def pip_options(self) -> list[str]:
        """pip's options to install for this platform instead of this machine."""
        machine = _MACHINES[self.architecture]
        return [
            f"--platform=manylinux2014_{machine}",
            f"--platform=manylinux_2_28_{machine}",
            "--only-binary=:all:",
            "--implementation=cp",
            f"--python-version={self.python}",
        ]


def pip_install(platform: Platform) -> list[str]:
    """The command that installs for a platform, without questions and with no output but errors."""
    quiet = ["-qq", "--no-input", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "install", *quiet, *platform.pip_options]


@dataclass(frozen=True)
class PackageSet:
    """One function's requirements under the common constraints and hashes, for one platform."""

    requirements: Path
    constraints: Path
    hashes: Path
    platform: Platform

    @property
    def key(self) -> str:
        """Equal for sets that install the same packages."""
        files = (self.requirements, self.constraints, self.hashes)
        parts = [*(path.read_text() for path in files), *self.platform.pip_options]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def installed(self, cache: Path) -> Path:
        """The folder that holds the packages, installed the first time.

        Raises PackagesError where pip fails, or takes a file whose hash is not listed.
        """
        return made_once(cache / self.key, self._install)

    def _install(self, folder: Path) -> None:
        report = folder.with_suffix(".json")
        command = [
            *pip_install(self.platform),
            "--no-compile",
            "--no-warn-conflicts",
            f"--target={folder}",
            f"--report={report}",
            f"--requirement={self.requirements}",
            f"--constraint={self.constraints}",
        ]
        # stdout belongs to the CDK command line.
        result = subprocess.run(command, stdout=sys.stderr, check=False)
        if result.returncode:
            raise PackagesError(
                f"pip could not install {self.requirements} for Python {self.platform.python} on "
                f"{self.platform.architecture}: see its output above, then synthesize again"
            )
        check(report, self.hashes)
        shutil.rmtree(folder / "bin", ignore_errors=True)

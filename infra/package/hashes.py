"""functions/hashes.txt: the SHA-256 of every file that a function's packages may be installed from."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class PackagesError(Exception):
    """A set of packages could not be installed as it must be; pip's output is on stderr."""


def installed_files(report: Path) -> Iterator[tuple[str, str]]:
    """(name==version, digest) of each file in a report of pip's, which has compared the files with the index."""
    for item in json.loads(report.read_text())["install"]:
        yield _pin(item["metadata"]), item["download_info"]["archive_info"]["hashes"]["sha256"]


def check(report: Path, hashes: Path) -> None:
    """Raises PackagesError where pip took a file that is not among the hashes.

    Wheels run nothing while they are installed, so that this is in time before anyone uses them.
    """
    known = read_hashes(hashes)
    for pin, digest in installed_files(report):
        if digest not in known.get(pin, set()):
            raise PackagesError(
                f"pip took a {pin} with SHA-256 {digest}, which {hashes} does not list: after a change of pins run "
                "python -m infra.package.lock, else find out who changed the package"
            )


def read_hashes(path: Path) -> dict[str, set[str]]:
    """The digests of each name==version, in the form of `pip install --require-hashes`."""
    lines = (line.split() for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {pin: {option.removeprefix("--hash=sha256:") for option in options} for pin, *options in lines}


def write_hashes(path: Path, hashes: Mapping[str, set[str]]) -> None:
    """The file that `read_hashes` reads."""
    lines = [" ".join([pin, *(f"--hash=sha256:{digest}" for digest in sorted(hashes[pin]))]) for pin in sorted(hashes)]
    head = "# Written by python -m infra.package.lock: the files that functions may be built from."
    path.write_text("\n".join([head, *lines]) + "\n")


def _pin(metadata: Mapping[str, Any]) -> str:
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    return f"{name}=={metadata['version']}"

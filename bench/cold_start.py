"""The size of each function's package, and the time that its handler takes to import in a new interpreter.

`python -m bench.cold_start --write docs/functions.md`
"""

import argparse
import importlib.util
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from infra.constructs.function_specs import FUNCTIONS, FunctionSpec
from infra.package.bundling import Bundler

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
# Packages that Lambda's Python runtime includes.
_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_IMPORT = """
import sys, time
sys.path += {paths!r}
began = time.process_time()
from functions.{name}.handler import handler
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class PackageSize:
    """One function's package in bytes and its imports in seconds of the processor."""

    spec: FunctionSpec
    zipped: int
    unpacked: int
    imports: Sequence[float]

    @property
    def row(self) -> str:
        """Its row of the page's table."""
        runs = ", ".join(f"{seconds:.2f}" for seconds in sorted(self.imports))
        megabytes = f"{self.zipped / 1e6:.1f} | {self.unpacked / 1e6:.1f}"
        place = "private subnets" if self.spec.needs_credentials else "outside"
        limits = f"{self.spec.memory} | {self.spec.timeout}"
        return f"| `{self.spec.name}` | {place} | {limits} | {megabytes} | {median(self.imports):.2f} ({runs}) |"


def measure(spec: FunctionSpec, bundler: Bundler, scratch: Path) -> PackageSize:
    """Builds the package, zips it and imports its handler in fresh interpreters."""
    package, runtime = scratch / spec.name, scratch / "runtime"
    bundler.build(spec.name, package)
    _link_runtime(runtime)
    files = [path for path in package.rglob("*") if path.is_file()]
    archive = scratch / f"{spec.name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in files:
            zipped.write(path, path.relative_to(package))
    imports = [_import_seconds(spec.name, [str(package), str(runtime)]) for _ in range(RUNS)]
    return PackageSize(spec, archive.stat().st_size, sum(path.stat().st_size for path in files), imports)


def _import_seconds(name: str, paths: list[str]) -> float:
    # Without site-packages, and without bytecode, which Lambda's read-only disk cannot keep.
    command = [sys.executable, "-I", "-S", "-B", "-c", _IMPORT.format(paths=paths, name=name)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _link_runtime(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in _RUNTIME:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{name} is not installed: run make venv.")
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        link = folder / origin.name
        if not link.exists():
            link.symlink_to(origin)


def page(measured: Sequence[PackageSize]) -> str:
    """docs/functions.md."""
    rows = "\n".join(one.row for one in measured)
    return f"""# Functions

What each function does: [how-it-works.md](how-it-works.md). What it may do: [permissions.md](permissions.md).
Written by `python -m bench.cold_start --write docs/functions.md`.

| function | VPC | memory (MB) | timeout (min) | zip (MB) | unpacked (MB) | import (CPU s): median of {RUNS} |
|---|---|---|---|---|---|---|
{rows}

The import is that of the handler's module in a fresh interpreter, from the package as it is deployed, without bytecode
(a package brings none, and Lambda's disk keeps none): Python {_PYTHON} on {_ARCHITECTURE}, on the machine that ran the
command. It is bound by the processor, of which a function gets a share that grows with its memory (a whole one at
1769 MB): expect the time of a cold start to be the quotient. A warm function imports nothing.
"""


def main() -> None:
    """Measures every function and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="the page to write; without it, it goes to stdout")
    write: Path | None = parser.parse_args().write
    bundler = Bundler(ROOT, python=_PYTHON, architecture=_ARCHITECTURE)
    with tempfile.TemporaryDirectory() as scratch:
        text = page([measure(spec, bundler, Path(scratch)) for spec in FUNCTIONS])
    if write:
        write.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()

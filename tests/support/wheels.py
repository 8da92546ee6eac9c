"""An index of one package, and package sets of it."""

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from infra.package.hashes import write_hashes
from infra.package.packages import PackageSet, Platform

ARM = Platform("3.13", "arm64")


def add_wheel(index: Path, version: str, platform: str, text: str = "") -> None:
    """A wheel `demo` with one module, for one platform."""
    tag = f"cp313-cp313-{platform}"
    index.mkdir(exist_ok=True)
    with zipfile.ZipFile(index / f"demo-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr("demo.py", f"built_for = {platform + text!r}\n")
        wheel.writestr("demo_cli.py", "def main(): ...\n")
        info = f"demo-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tag}\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\ndemo = demo_cli:main\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    add_wheel(tmp_path / "index", "1.0", "manylinux_2_28_aarch64")
    add_wheel(tmp_path / "index", "1.0", "manylinux2014_x86_64")
    return tmp_path / "index"


def package_set(
    index: Path, *, requirement: str = "demo", constraint: str = "", platform: Platform = ARM, locked: bool = True
) -> PackageSet:
    """A set whose hashes are those of the index's wheels, or of none."""
    requirements, constraints, hashes = (
        index.parent / f"{name}.txt" for name in ("requirements", "constraints", "hashes")
    )
    requirements.write_text(f"--no-index\n--find-links {index}\n{requirement}\n")
    constraints.write_text(constraint)
    digests: dict[str, set[str]] = {}
    for wheel in index.glob("*.whl"):
        digests.setdefault(f"demo=={wheel.name.split('-')[1]}", set()).add(sha256(wheel.read_bytes()).hexdigest())
    write_hashes(hashes, digests if locked else {})
    return PackageSet(requirements, constraints, hashes, platform)

import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.package.hashes import PackagesError, read_hashes, write_hashes
from infra.package.lock import lock
from infra.package.packages import PackageSet, Platform
from tests.support.contexts import ROOT

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


@pytest.fixture
def pip_runs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    runs: list[object] = []
    run = subprocess.run

    def counted(*args: Any, **options: Any) -> Any:
        runs.append(args)
        return run(*args, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    return runs


@pytest.mark.parametrize(
    ("architecture", "tag"), [("arm64", "manylinux_2_28_aarch64"), ("x86_64", "manylinux2014_x86_64")]
)
def test_packages_are_those_of_the_platform_not_of_this_machine(index: Path, architecture: str, tag: str) -> None:
    folder = package_set(index, platform=Platform("3.13", architecture)).installed(index.parent / "cache")
    assert (folder / "demo.py").read_text() == f"built_for = {tag!r}\n"


def test_metadata_is_kept_and_console_scripts_are_dropped(index: Path) -> None:
    folder = package_set(index).installed(index.parent / "cache")
    assert (folder / "demo-1.0.dist-info" / "METADATA").exists()
    assert not (folder / "bin").exists()
    assert not list(folder.rglob("__pycache__"))


def test_constraints_decide_the_version(index: Path) -> None:
    add_wheel(index, "2.0", "manylinux_2_28_aarch64", " newer")
    folder = package_set(index, constraint="demo==1.0\n").installed(index.parent / "cache")
    assert "newer" not in (folder / "demo.py").read_text()


def test_the_same_set_is_installed_once(index: Path, pip_runs: list[object]) -> None:
    cache = index.parent / "cache"
    first = package_set(index).installed(cache)
    assert package_set(index).installed(cache) == first
    assert len(pip_runs) == 1


def test_another_requirement_constraint_or_platform_is_another_set(index: Path) -> None:
    keys = [
        package_set(index).key,
        package_set(index, requirement="demo==1.0").key,
        package_set(index, constraint="demo==1.0").key,
        package_set(index, platform=Platform("3.12", "arm64")).key,
        package_set(index, platform=Platform("3.13", "x86_64")).key,
        package_set(index, locked=False).key,
    ]
    assert len(set(keys)) == len(keys)


def test_a_failed_install_leaves_nothing_that_a_later_one_would_take(index: Path) -> None:
    cache = index.parent / "cache"
    with pytest.raises(PackagesError, match=r"pip could not install .*requirements\.txt for Python 3\.13 on arm64"):
        package_set(index, requirement="demo==9.9").installed(cache)
    assert list(cache.iterdir()) == []
    add_wheel(index, "9.9", "manylinux_2_28_aarch64")
    assert (package_set(index, requirement="demo==9.9").installed(cache) / "demo.py").exists()


def test_a_file_that_is_not_listed_is_refused_and_leaves_nothing(index: Path) -> None:
    packages = package_set(index)
    (index / "demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl").unlink()
    add_wheel(index, "1.0", "manylinux_2_28_aarch64", " by someone else")
    with pytest.raises(
        PackagesError, match=r"pip took a demo==1\.0 with SHA-256 \w{64}, which .* run python -m infra\.package\.lock"
    ):
        packages.installed(index.parent / "cache")
    assert list((index.parent / "cache").iterdir()) == []


def test_a_version_that_is_not_listed_is_refused(index: Path) -> None:
    packages = package_set(index)
    add_wheel(index, "2.0", "manylinux_2_28_aarch64")
    with pytest.raises(PackagesError, match=r"pip took a demo==2\.0 "):
        packages.installed(index.parent / "cache")


def test_locking_lists_the_files_of_every_platform(index: Path) -> None:
    functions = index.parent / "functions"
    (functions / "config").mkdir(parents=True)
    (functions / "config" / "requirements.txt").write_text(f"--no-index\n--find-links {index}\ndemo\n")
    (functions / "constraints.txt").write_text("demo==1.0\n")
    assert lock(functions, [ARM, Platform("3.13", "x86_64")]) == 1
    wheels = {sha256(wheel.read_bytes()).hexdigest() for wheel in index.glob("*.whl")}
    assert read_hashes(functions / "hashes.txt") == {"demo==1.0": wheels}
    with pytest.raises(PackagesError, match=r"no packages for Python 3\.12 on arm64"):
        lock(functions, [Platform("3.12", "arm64")])
    assert read_hashes(functions / "hashes.txt") == {"demo==1.0": wheels}


def test_every_pin_of_the_functions_has_its_hashes() -> None:
    pins = (ROOT / "functions" / "constraints.txt").read_text().split()
    hashes = read_hashes(ROOT / "functions" / "hashes.txt")
    assert sorted(hashes) == sorted(pins)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digests in hashes.values() for digest in digests)


def test_two_processes_may_install_the_same_set_at_once(index: Path, pip_runs: list[object]) -> None:
    cache = index.parent / "cache"
    packages = package_set(index)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(packages.installed, [cache, cache]))
    assert len(pip_runs) == 2
    assert folders[0] == folders[1]
    assert list(cache.iterdir()) == [folders[0]]
    assert (folders[0] / "demo.py").exists()

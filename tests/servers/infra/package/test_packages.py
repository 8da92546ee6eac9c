import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.package.hashes import PackagesError, read_hashes
from infra.package.lock import lock
from infra.package.packages import Platform
from tests.support import wheels
from tests.support.wheels import ARM, add_wheel, package_set

index = wheels.index


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


def test_two_processes_may_install_the_same_set_at_once(index: Path, pip_runs: list[object]) -> None:
    cache = index.parent / "cache"
    packages = package_set(index)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(packages.installed, [cache, cache]))
    assert len(pip_runs) == 2
    assert folders[0] == folders[1]
    assert list(cache.iterdir()) == [folders[0]]
    assert (folders[0] / "demo.py").exists()

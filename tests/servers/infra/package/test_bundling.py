import importlib.util
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from infra.constructs.function_specs import FUNCTIONS
from infra.package.bundling import Bundler
from tests.support.contexts import ROOT

LAMBDA_LIMIT = 250 * 1024 * 1024
HOST_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HOST_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
# What Lambda's Python runtime brings by itself.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
NAMES = [spec.name for spec in FUNCTIONS]

on_linux = pytest.mark.skipif(
    sys.platform != "linux" or not HOST_ARCHITECTURE, reason="Lambda's packages are for Linux on x86_64 or arm64"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with one function and no packages."""
    for path, text in {
        "functions/__init__.py": "",
        "functions/constraints.txt": "",
        "functions/hashes.txt": "",
        "functions/config/__init__.py": "",
        "functions/config/handler.py": "handler = print\n",
        "functions/config/requirements.txt": "--no-index\n",
        "functions/export/handler.py": "",
        "functions/shared/ground/errors.py": "",
        "snowflake/merge.sql": "SELECT 1",
        "tests/test_config.py": "",
        "README.md": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def bundler(root: Path, *, python: str = "3.13", architecture: str = "arm64") -> Bundler:
    return Bundler(root, python=python, architecture=architecture)


def with_installed(root: Path, made: Bundler, name: str) -> Path:
    """Puts one package into the cache as if pip had, and returns its file."""
    module = root / ".build" / "packages" / made.packages(name).key / "driver" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("")
    return module


@pytest.mark.parametrize(
    "path",
    [
        "functions/__init__.py",
        "functions/config/handler.py",
        "functions/config/requirements.txt",
        "functions/constraints.txt",
        "functions/hashes.txt",
        "functions/shared/ground/errors.py",
        "functions/shared/added.py",
        "snowflake/merge.sql",
    ],
)
def test_the_hash_changes_with_what_is_in_the_package(tree: Path, path: str) -> None:
    before = bundler(tree).asset_hash("config")
    (tree / path).write_text("# changed\n")
    assert bundler(tree).asset_hash("config") != before


@pytest.mark.parametrize(
    "path",
    ["tests/test_config.py", "README.md", "functions/export/handler.py", "functions/shared/__pycache__/errors.pyc"],
)
def test_the_hash_does_not_change_with_anything_else(tree: Path, path: str) -> None:
    before = bundler(tree).asset_hash("config")
    (tree / path).parent.mkdir(exist_ok=True)
    (tree / path).write_text("# changed\n")
    assert bundler(tree).asset_hash("config") == before


def test_the_hash_changes_with_the_runtime_and_with_a_renamed_file(tree: Path) -> None:
    hashes = {
        bundler(tree).asset_hash("config"),
        bundler(tree, python="3.12").asset_hash("config"),
        bundler(tree, architecture="x86_64").asset_hash("config"),
    }
    (tree / "snowflake" / "merge.sql").rename(tree / "snowflake" / "final.sql")
    assert len(hashes | {bundler(tree).asset_hash("config")}) == 4


def test_a_package_has_the_repositorys_tree_and_only_its_own_function(tree: Path, tmp_path: Path) -> None:
    made = bundler(tree)
    with_installed(tree, made, "config")
    output = tmp_path / "asset"
    made.build("config", output)
    assert {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()} == {
        "driver/__init__.py",
        "functions/__init__.py",
        "functions/config/__init__.py",
        "functions/config/handler.py",
        "functions/config/requirements.txt",
        "functions/shared/ground/errors.py",
        "snowflake/merge.sql",
    }


def test_packages_are_shared_between_assets_and_sources_are_not(tree: Path, tmp_path: Path) -> None:
    made = bundler(tree)
    installed = with_installed(tree, made, "config")
    output = tmp_path / "asset"
    made.build("config", output)
    assert (output / "driver" / "__init__.py").samefile(installed)
    assert not (output / "functions/config/handler.py").samefile(tree / "functions/config/handler.py")


def test_packages_are_copied_where_they_cannot_be_linked(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_file_system(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_file_system)
    made = bundler(tree)
    installed = with_installed(tree, made, "config")
    made.build("config", tmp_path / "asset")
    assert not (tmp_path / "asset" / "driver" / "__init__.py").samefile(installed)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


@on_linux
@pytest.mark.bundling
@pytest.mark.parametrize("name", NAMES)
def test_a_handler_imports_from_its_package_and_lambdas_runtime_alone(name: str, runtime: Path, tmp_path: Path) -> None:
    asset = tmp_path / "asset"
    bundler(ROOT, python=HOST_PYTHON, architecture=HOST_ARCHITECTURE).build(name, asset)
    code = (
        f"import sys; sys.path += [{str(asset)!r}, {str(runtime)!r}]\n"
        f"from functions.{name}.handler import handler\n"
        "files = [getattr(module, '__file__', '') or '' for module in sys.modules.values()]\n"
        "print(callable(handler), [file for file in files if 'site-packages' in file])"
    )
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "True []\n"


@on_linux
@pytest.mark.bundling
@pytest.mark.parametrize("name", NAMES)
def test_a_package_fits_lambda_and_has_boto3_only_where_the_connector_needs_it(name: str, tmp_path: Path) -> None:
    bundler(ROOT, python=HOST_PYTHON, architecture=HOST_ARCHITECTURE).build(name, tmp_path / "asset")
    size = sum(path.stat().st_size for path in (tmp_path / "asset").rglob("*") if path.is_file())
    assert size < LAMBDA_LIMIT
    has_connector = (tmp_path / "asset" / "snowflake" / "connector").exists()
    assert (tmp_path / "asset" / "boto3").exists() == has_connector


@on_linux
@pytest.mark.bundling
def test_a_second_synthesis_builds_nothing_again(tmp_path: Path) -> None:
    context = {"lambda_python": HOST_PYTHON, "lambda_architecture": HOST_ARCHITECTURE, "emulated": True}
    environment = os.environ | {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)}

    def synthesize() -> list[str]:
        result = subprocess.run(
            [sys.executable, str(ROOT / "app.py")], env=environment, capture_output=True, text=True, check=True
        )
        return [line for line in result.stderr.splitlines() if line.startswith("Bundling asset")]

    assert len(synthesize()) == len(NAMES)
    template = next(tmp_path.glob("*.template.json"))
    first = template.read_text()
    assert synthesize() == []
    assert template.read_text() == first
    assert len(list(tmp_path.glob("asset.*"))) == len(NAMES)

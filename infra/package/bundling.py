"""A function's deployment package: the repository's own tree and its pip packages, made without Docker."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra.package.packages import PackageSet, Platform

_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class Bundler:
    """Makes the code asset of each function below `root`, for one Python version and architecture."""

    def __init__(self, root: Path, *, python: str, architecture: str) -> None:
        self._root = root
        self._platform = Platform(python, architecture)
        self.runtime = lambda_.Runtime(f"python{python}", lambda_.RuntimeFamily.PYTHON)
        self.architecture = _ARCHITECTURES[architecture]

    def code(self, name: str) -> lambda_.Code:
        """The asset of one function; equal inputs make an equal asset, which is then not built again."""
        return lambda_.Code.from_asset(
            str(self._root / "functions" / name),
            asset_hash=self.asset_hash(name),
            asset_hash_type=AssetHashType.CUSTOM,
            bundling=BundlingOptions(image=self.runtime.bundling_image, local=_LocalBundling(self, name)),
        )

    def asset_hash(self, name: str) -> str:
        """Over everything that `build` puts into the package."""
        digest = hashlib.sha256(self.packages(name).key.encode())
        for path in self._sources(name):
            digest.update(f"\0{path.relative_to(self._root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def build(self, name: str, output: Path) -> None:
        """Lays the package out in `output`: packages at the top, sources where the repository has them."""
        packages = self.packages(name).installed(self._root / ".build" / "packages")
        shutil.copytree(packages, output, copy_function=_link, dirs_exist_ok=True)
        for path in self._sources(name):
            copy = output / path.relative_to(self._root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)

    def packages(self, name: str) -> PackageSet:
        """What pip installs for one function."""
        functions = self._root / "functions"
        return PackageSet(
            functions / name / "requirements.txt",
            functions / "constraints.txt",
            functions / "hashes.txt",
            self._platform,
        )

    def _sources(self, name: str) -> Iterator[Path]:
        functions = self._root / "functions"
        yield functions / "__init__.py"
        for folder in (functions / name, functions / "shared", self._root / "snowflake"):
            yield from (
                path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts
            )


@jsii.implements(ILocalBundling)
class _LocalBundling:
    def __init__(self, bundler: Bundler, name: str) -> None:
        self._bundler = bundler
        self._name = name

    def try_bundle(self, output_dir: str, *_options: object, **_named_options: object) -> bool:
        """Always bundles, so that CDK never asks for Docker."""
        self._bundler.build(self._name, Path(output_dir))
        return True


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy)
    except OSError:
        shutil.copy2(source, copy)

"""The synthesized template and its assets, made as the CDK command line makes them; skipped when nothing changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.settings import context_file

_INPUTS = ("app.py", "cdk.json", "infra", "functions", "snowflake", "statemachine")
_KEPT_ASSEMBLIES = 5


class SynthesisFailed(RuntimeError):
    """app.py failed; the message ends with what it wrote."""


def synthesize(repository: Path, build: Path, context: Mapping[str, Any]) -> Path:
    """Runs app.py unless that was done before with the same inputs; returns ``<build>/assemblies/<their hash>``."""
    assembly = build / "assemblies" / _fingerprint(repository, context)
    if assembly.exists():
        assembly.touch()
        return assembly
    assembly.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=assembly.parent, prefix=".making-"))
    try:
        _run_app(repository, making, context)
        making.rename(assembly)
    except OSError:
        if not assembly.exists():  # else another run was faster, with the same result
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _forget_old(assembly.parent)
    return assembly


def _run_app(repository: Path, outdir: Path, context: Mapping[str, Any]) -> None:
    cdk_json = context_file.read(repository / "cdk.json")
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps({**cdk_json, **context}),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        [sys.executable, "app.py"], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise SynthesisFailed(f"app.py failed with status {ran.returncode}.\n{(ran.stdout + ran.stderr)[-4000:]}")


def _forget_old(assemblies: Path) -> None:
    kept = sorted(assemblies.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[:_KEPT_ASSEMBLIES]
    for path in assemblies.iterdir():
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _fingerprint(repository: Path, context: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps([context, sys.version], sort_keys=True).encode())
    for path in _input_files(repository):
        digest.update(f"\0{path.relative_to(repository).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _input_files(repository: Path) -> Iterator[Path]:
    for name in _INPUTS:
        found = repository / name
        paths = sorted(found.rglob("*")) if found.is_dir() else [found]
        yield from (path for path in paths if path.is_file() and "__pycache__" not in path.parts)

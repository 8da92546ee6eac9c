"""Folders that are made once and kept; no process sees one incomplete, even while several make it."""

import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """`folder`; where it is not there, `make` fills one beside it, which then takes its name."""
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = tempfile.TemporaryDirectory(dir=folder.parent, prefix=".installing-", ignore_cleanup_errors=True)
    with beside as scratch:
        made = Path(scratch) / "made"
        make(made)
        try:
            made.rename(folder)
        except OSError:
            # Another process was faster; what it made is the same.
            if not folder.exists():
                raise
    return folder

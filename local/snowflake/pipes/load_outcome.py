"""The outcome of loading one file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadFailure:
    """Why a file was refused; the line counts from 1 and is None when the engine does not report it."""

    message: str
    line: int | None
    column: str | None


@dataclass(frozen=True)
class LoadOutcome:
    """Rows that were loaded; none where there is a failure."""

    rows: int
    failure: LoadFailure | None

"""Changes of source files, as the repository and a deployed package hold them."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

Edit = Callable[[str], str]
# By file: its path below the repository's root.
Edits = Mapping[str, Edit]


def together(*edits: Edits) -> Edits:
    """All of the edits, those of one file one after the other."""
    files = {file for some in edits for file in some}
    return {file: _each([some[file] for some in edits if file in some]) for file in sorted(files)}


def appended(file: str, code: str) -> Edits:
    """The file with code of the test's at its end."""
    return {file: lambda source: f"{source}\n\n{code}"}


def _each(edits: Sequence[Edit]) -> Edit:
    return lambda source: reduce(lambda text, edit: edit(text), edits, source)

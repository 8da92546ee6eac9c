"""Where an export too large for one file may be cut: after a record, never inside a quoted value."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_READ_BYTES = 1 << 20


def file_ranges(path: Path, copy_format: str, quote: str, max_bytes: int) -> list[tuple[int, int]]:
    """The export's files as (start, length) in bytes: each ends with the first record that reaches ``max_bytes``."""
    size = path.stat().st_size
    if size <= max_bytes or copy_format == "binary":
        return [(0, size)]
    cuts = [0, *_record_ends(path, quote.encode() if copy_format == "csv" else None, max_bytes)]
    if cuts[-1] != size:
        cuts.append(size)
    return [(start, end - start) for start, end in pairwise(cuts)]


def _record_ends(path: Path, quote: bytes | None, max_bytes: int) -> Iterator[int]:
    """Offsets of the cuts. A newline ends a record when an even number of quotes precedes it."""
    start = offset = quotes = 0
    with path.open("rb") as export:
        while chunk := export.read(_READ_BYTES):
            position = 0
            while True:
                sought = max(position, start + max_bytes - 1 - offset)
                newline = chunk.find(b"\n", sought) if sought < len(chunk) else -1
                if newline < 0:
                    quotes += chunk.count(quote, position) if quote else 0
                    break
                quotes += chunk.count(quote, position, newline) if quote else 0
                position = newline + 1
                if quotes % 2 == 0:
                    start = offset + position
                    yield start
            offset += len(chunk)

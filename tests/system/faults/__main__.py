"""`python -m tests.system.faults`: plays the whole matrix, or the cells whose title holds a word; writes the page."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.shared_cloud import SharedCloud
from tests.system.faults.bench import obedient
from tests.system.faults.matrix import Matrix, all_guards, cells, say
from tests.system.faults.report import page

_GAPS = (Path(__file__).parent / "gaps.md").read_text()


def main() -> int:
    """Exits 0 when every cell held and every guard's damage was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.faults", description=__doc__)
    parser.add_argument("--write", type=Path, help="the page to write")
    parser.add_argument("--only", default="", help="cells and guards whose title holds this text")
    parser.add_argument("--home", type=Path, help="folder of the laptop cloud; default: a new temporary one")
    asked = parser.parse_args()
    chosen = [cell for cell in cells() if asked.only in cell.title]
    off = [guard for guard in all_guards() if asked.only in guard.name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        cloud = SharedCloud((asked.home or Path(folder)) / "cloud")
        try:
            matrix = Matrix(cloud.changed(obedient), guarded=off)
            matrix.load()
            last = [cell for cell in chosen if "restored copy" in cell.fault]
            results = matrix.play([cell for cell in chosen if cell not in last], say)
            damages = [(guard.name, guard.strategy, matrix.damage(guard)) for guard in off]
            results += matrix.play(last, say)
        finally:
            cloud.down()
    for name, _, damage in damages:
        sys.stderr.write(f"guard off: {name}: {damage or 'NO DAMAGE SEEN'}\n")
    if asked.write:
        command = f"python -m tests.system.faults --write {asked.write}"
        asked.write.write_text(page(results, damages, time.monotonic() - began, command, _GAPS))
    held = all(not result.problems for result in results) and all(damage for _, _, damage in damages)
    sys.stderr.write(f"{sum(not r.problems for r in results)} of {len(results)} cells held.\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

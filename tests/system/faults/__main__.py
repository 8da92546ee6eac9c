"""`python -m tests.system.faults`: runs the whole matrix, or the faults whose title holds a word; writes the page."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.shared_cloud import SharedCloud
from tests.system.faults.cloud import obedient
from tests.system.faults.matrix import Matrix, all_guards, faults, say
from tests.system.faults.report import page

_GAPS = (Path(__file__).parent / "gaps.md").read_text()


def main() -> int:
    """Exits 0 when every fault held and every guard's damage was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.faults", description=__doc__)
    parser.add_argument("--write", type=Path, help="the page to write")
    parser.add_argument("--only", default="", help="faults and guards whose title holds this text")
    parser.add_argument("--home", type=Path, help="folder of the laptop cloud; default: a new temporary one")
    asked = parser.parse_args()
    chosen = [fault for fault in faults() if asked.only in fault.title]
    off = [guard for guard in all_guards() if asked.only in guard.name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        cloud = SharedCloud((asked.home or Path(folder)) / "cloud")
        try:
            matrix = Matrix(cloud.changed(obedient), guarded=off)
            matrix.load()
            last = [fault for fault in chosen if "restored copy" in fault.description]
            results = matrix.run([fault for fault in chosen if fault not in last], say)
            damages = [(guard.name, guard.strategy, matrix.damage(guard)) for guard in off]
            results += matrix.run(last, say)
        finally:
            cloud.down()
    for name, _, damage in damages:
        sys.stderr.write(f"guard off: {name}: {damage or 'NO DAMAGE SEEN'}\n")
    if asked.write:
        command = f"python -m tests.system.faults --write {asked.write}"
        asked.write.write_text(page(results, damages, time.monotonic() - began, command, _GAPS))
    held = all(not result.problems for result in results) and all(damage for _, _, damage in damages)
    sys.stderr.write(f"{sum(not r.problems for r in results)} of {len(results)} faults held.\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

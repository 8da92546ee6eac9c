"""`python -m tests.system.types`: plays the catalogue on a laptop cloud of its own and writes the page on types."""

import argparse
import sys
import tempfile
from pathlib import Path

from local.cloud import lifecycle as cloud
from tests.support.laptop import Laptop
from tests.system.types.page import page
from tests.system.types.study import play


def main() -> int:
    """Exits 1, without a page, if a value is neither the same nor listed, or not what the catalogue expects."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.types", description=__doc__)
    parser.add_argument("--write", type=Path, help="the page to write")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="types-") as folder:
        try:
            study = play(Laptop(cloud.up(Path(folder) / "cloud", _say)))
        finally:
            cloud.down(Path(folder) / "cloud")
    for problem in study.problems:
        sys.stderr.write(f"{problem}\n")
    if study.missing:
        sys.stderr.write(f"This server has no {', '.join(sorted(study.missing))}: no page is written.\n")
    elif asked.write and not study.problems:
        asked.write.write_text(page(study))
    return 1 if study.problems or study.missing else 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())

"""What makes a package set another one, and the hashes of the functions' own."""

import re
from pathlib import Path

from infra.package.hashes import read_hashes
from infra.package.packages import Platform
from tests.support import wheels
from tests.support.contexts import ROOT
from tests.support.wheels import package_set

index = wheels.index


def test_another_requirement_constraint_or_platform_is_another_set(index: Path) -> None:
    keys = [
        package_set(index).key,
        package_set(index, requirement="demo==1.0").key,
        package_set(index, constraint="demo==1.0").key,
        package_set(index, platform=Platform("3.12", "arm64")).key,
        package_set(index, platform=Platform("3.13", "x86_64")).key,
        package_set(index, locked=False).key,
    ]
    assert len(set(keys)) == len(keys)


def test_every_pin_of_the_functions_has_its_hashes() -> None:
    pins = (ROOT / "functions" / "constraints.txt").read_text().split()
    hashes = read_hashes(ROOT / "functions" / "hashes.txt")
    assert sorted(hashes) == sorted(pins)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digests in hashes.values() for digest in digests)

"""Set before any of the functions' code is imported, whose logger and metrics read these as they are made; and the
order of the tests."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "sync")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Sync")
os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")

_HERE = Path(__file__).parent
# The long ones first, so that no process ends long after the others; tests of one kind together, first those that
# change nothing about the laptop cloud.
_ORDER = ("system/e2e", "system/types", "system/drift", "system/faults", "standin", "servers", "unit")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    place = item.path.relative_to(_HERE).as_posix()
    return next((rank for rank, folder in enumerate(_ORDER) if place.startswith(f"{folder}/")), len(_ORDER))

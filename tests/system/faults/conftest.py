"""The fast part of the matrix, played once on a laptop cloud of its own."""

from collections.abc import Iterator

import pytest

from tests.system.faults.bench import Bench
from tests.system.faults.matrix import Matrix, Played, all_guards, cells, say


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    chosen = [cell for cell in cells() if cell.fast]
    off = [guard for guard in all_guards() if guard.fast]
    bench = Bench(tmp_path_factory.mktemp("faults") / "cloud")
    try:
        matrix = Matrix(bench, {cell.strategy for cell in chosen}, off)
        matrix.load()
        results = {result.cell.title: result for result in matrix.play(chosen, say)}
        yield Played(results, {guard.name: matrix.damage(guard) for guard in off})
    finally:
        bench.down()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/faults" in str(item.path):
            item.add_marker(pytest.mark.e2e)

"""The fast part of the matrix, played once."""

import pytest

from tests.support.shared_cloud import SharedCloud
from tests.system.faults.bench import obedient
from tests.system.faults.matrix import Matrix, Played, all_guards, cells, say


@pytest.fixture(scope="module")
def played(cloud: SharedCloud) -> Played:
    chosen = [cell for cell in cells() if cell.fast]
    off = [guard for guard in all_guards() if guard.fast]
    matrix = Matrix(cloud.changed(obedient), {cell.strategy for cell in chosen}, off)
    matrix.load()
    results = {result.cell.title: result for result in matrix.play(chosen, say)}
    return Played(results, {guard.name: matrix.damage(guard) for guard in off})

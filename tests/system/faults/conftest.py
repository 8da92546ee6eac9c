"""The fast part of the matrix, matrix_results once."""

import pytest

from tests.support.shared_cloud import SharedCloud
from tests.system.faults.cloud import obedient
from tests.system.faults.matrix import Matrix, MatrixResults, all_guards, faults, say


@pytest.fixture(scope="module")
def matrix_results(cloud: SharedCloud) -> MatrixResults:
    chosen = [fault for fault in faults() if fault.fast]
    off = [guard for guard in all_guards() if guard.fast]
    matrix = Matrix(cloud.changed(obedient), {fault.strategy for fault in chosen}, off)
    matrix.load()
    results = {result.fault.title: result for result in matrix.run(chosen, say)}
    return MatrixResults(results, {guard.name: matrix.damage(guard) for guard in off})

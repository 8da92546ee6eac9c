"""A batch of several slices, each a snapshot of its own."""

import pytest
from pydantic import ValidationError

from functions.shared.contract.batch import Batch, ExportedFile

FILES = [ExportedFile(name=name, version=version) for name, version in (("a", 20), ("a_part2", 20), ("b", 10))]


def test_a_batch_is_as_old_as_its_oldest_file_and_as_new_as_its_newest() -> None:
    batch = Batch(id="b", rows=3, bytes=30, files=FILES)
    assert (batch.oldest_version, batch.newest_version) == (10, 20)
    assert batch.names == ["a", "a_part2", "b"]


def test_it_travels_through_the_workflow_unchanged() -> None:
    batch = Batch(id="b", rows=3, bytes=30, files=FILES)
    assert Batch.model_validate_json(batch.model_dump_json()) == batch


@pytest.mark.parametrize("missing", ["id", "rows", "bytes", "files"])
def test_half_a_batch_is_none(missing: str) -> None:
    whole = Batch(id="b", rows=3, bytes=30, files=FILES).model_dump()
    del whole[missing]
    with pytest.raises(ValidationError, match=missing):
        Batch.model_validate(whole)

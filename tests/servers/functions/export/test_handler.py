"""The export of one slice: its files, their version, and what a slice that takes too long is told."""

import csv
import io
import re
from typing import Any
from unittest.mock import Mock

import pytest

from functions.export.handler import handler
from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.batch import Batch
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import parse_spec
from functions.shared.ground.errors import SourceRejected, SourceUnavailable
from functions.shared.ground.settings import settings
from tests.support.bounds import bounds_event
from tests.support.bucket import Bucket

SLICES: list[dict[str, Any]] = [{"low": None, "high": "34"}, {"low": "34", "high": "67"}, {"low": "67", "high": None}]


@pytest.fixture
def table(owner: Any, schema: str) -> str:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, note text)")
    owner.execute(f"INSERT INTO {schema}.t SELECT n, repeat('x', 2000) FROM generate_series(1, 100) AS n")
    return f"{schema}.t"


def event(source: AuroraSession, table: str, part: dict[str, Any]) -> dict[str, Any]:
    raw = {"table_name": table, "watermark_type": "full_snapshot"}
    relation = read_relation(source, parse_spec(raw, "test"))
    rules = MergeRules(relation.columns, [relation.column("id")], None, soft_deletes=True, schema_version=3, layout=2)
    return {
        "table": {"table_name": table, "spec": raw, "digest": "d"},
        "execution": "run-1",
        "bounds": bounds_event(column=None, complete=True, oid=relation.oid, slice_column="id", slices=SLICES),
        "schema": rules.to_json(),
        "slice": part,
    }


def ids(bucket: Bucket, part: dict[str, Any]) -> list[int]:
    texts = [bucket.objects[file["name"]].decode() for file in part["files"]]
    return [int(row[1]) for text in texts for row in csv.reader(io.StringIO(text))]


def test_the_slices_of_a_wave_are_together_its_rows(
    source: AuroraSession, table: str, bucket: Bucket, context: Mock
) -> None:
    parts = [handler(event(source, table, part), context) for part in SLICES]
    assert [part["rows"] for part in parts] == [33, 33, 34]
    assert [len(ids(bucket, part)) for part in parts] == [33, 33, 34]
    assert sorted(number for part in parts for number in ids(bucket, part)) == list(range(1, 101))
    files = [file for part in parts for file in part["files"]]
    assert sum(part["bytes"] for part in parts) == sum(len(bucket.objects[file["name"]]) for file in files)
    assert {part["wait_seconds"] for part in parts} == {45}


def test_every_part_that_aurora_cut_a_file_into_is_named(
    source: AuroraSession, table: str, bucket: Bucket, context: Mock
) -> None:
    before = set(bucket.objects)
    part = handler(event(source, table, {}), context)
    names = Batch(id="b", **part).names
    assert names[1:] == [f"{names[0]}_part{number}" for number in range(2, len(names) + 1)]
    assert len(names) >= 4
    assert set(bucket.objects) - before == set(names)
    assert ids(bucket, part) == list(range(1, 101))


def test_every_file_is_encrypted_with_the_key_of_the_stack(
    source: AuroraSession, table: str, bucket: Bucket, context: Mock
) -> None:
    files = handler(event(source, table, {}), context)["files"]
    assert {bucket.kms_keys[file["name"]] for file in files} == {settings().staging_key} != {""}


def test_each_attempt_has_a_name_and_a_version_of_its_own(
    source: AuroraSession, owner: Any, table: str, bucket: Bucket, context: Mock
) -> None:
    first = handler(event(source, table, SLICES[0]), context)["files"]
    owner.execute(f"UPDATE {table} SET note = 'y' WHERE id = 1")
    second = handler(event(source, table, SLICES[0]), context)["files"]
    assert not {file["name"] for file in first} & {file["name"] for file in second}
    assert first[0]["version"] < second[0]["version"]
    assert len({file["version"] for file in first}) == 1


def test_a_file_is_named_by_its_layout_its_hour_and_the_version_of_the_schema(
    source: AuroraSession, table: str, context: Mock
) -> None:
    file, *_ = handler(event(source, table, SLICES[0]), context)["files"]
    assert re.fullmatch(rf"{table}-v2/\d{{4}}/\d\d/\d\d/\d\d/run-[0-9a-f-]{{36}}\.v3\.csv", file["name"])


def test_an_execution_of_before_a_deployment_writes_where_its_pipe_reads(
    source: AuroraSession, table: str, context: Mock
) -> None:
    asked = event(source, table, SLICES[0])
    del asked["schema"]["layout"]
    file, *_ = handler(asked, context)["files"]
    assert file["name"].startswith(f"{table}/2")


def test_a_file_says_first_what_of_a_row_cannot_be_held(
    source: AuroraSession, owner: Any, table: str, bucket: Bucket, context: Mock
) -> None:
    owner.execute(f"ALTER TABLE {table} ADD day date; UPDATE {table} SET note = '', day = 'infinity' WHERE id = 1")
    part = handler(event(source, table, {"high": "3"}), context)
    rows = sorted(bucket.objects[part["files"][0]["name"]].decode().splitlines())
    assert rows == [' 3 ,1,"",infinity', f",2,{'x' * 2000},"]


def test_an_empty_slice_is_a_file_without_rows(source: AuroraSession, table: str, context: Mock) -> None:
    part = handler(event(source, table, {"low": "1000"}), context)
    assert (part["rows"], part["bytes"], len(part["files"])) == (0, 0, 1)


def test_a_replica_is_not_exported_from(
    source: AuroraSession, table: str, bucket: Bucket, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may lack rows below the fence; after a failover the next attempt finds the writer."""
    asked = event(source, table, SLICES[0])
    own, files = AuroraSession.rows, set(bucket.objects)

    def as_replica(self: AuroraSession, query: Any, values: Any = None) -> list[dict[str, Any]]:
        replica = isinstance(query, str) and "pg_is_in_recovery" in query
        return [{**row, "replica": True} if replica else row for row in own(self, query, values)]

    monkeypatch.setattr(AuroraSession, "rows", as_replica)
    assert not source.usable
    with pytest.raises(SourceUnavailable, match=rf"^{table}: .*replica.*a retry connects again"):
        handler(asked, context)
    assert set(bucket.objects) == files


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATEMENT_SECONDS", "1")
    settings.cache_clear()


@pytest.mark.usefixtures("impatient")
def test_a_slice_that_takes_too_long_says_what_to_change_and_publishes_nothing(
    source: AuroraSession, session: Any, table: str, bucket: Bucket, context: Mock
) -> None:
    asked = event(source, table, SLICES[0])
    session.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    before = set(bucket.objects)
    with pytest.raises(
        SourceRejected, match=rf"^{table}: a statement of sync took longer than 1 s.*lower the context key"
    ):
        handler(asked, context)
    session.connection.rollback()
    assert set(bucket.objects) == before
    assert handler(asked, context)["rows"] == 33

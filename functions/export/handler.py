"""Export: has Aurora write one slice's rows to S3; no row passes through the function."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from psycopg2 import sql
from pydantic import Field

from functions.shared.aurora.catalog import read_columns
from functions.shared.aurora.export_query import export_query
from functions.shared.aurora.fence import VERSION
from functions.shared.aurora.session import AuroraSession, aurora_session
from functions.shared.aurora.windows import full_name, rows_of_slice
from functions.shared.contract.batch import ExportedFile
from functions.shared.contract.bounds import Bounds, Slice
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.state import Part, Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import SchemaMismatch, SourceUnavailable
from functions.shared.ground.observability import count, logger, seconds, step
from functions.shared.ground.settings import settings

# No header, because Aurora is not documented to repeat it in the parts of a big export.
_EXPORT = """
SELECT rows_uploaded AS rows, files_uploaded AS files, bytes_uploaded AS bytes
FROM aws_s3.query_export_to_s3(
    %(query)s, aws_commons.create_s3_uri(%(bucket)s, %(key)s, %(region)s),
    options := 'format csv, encoding ''UTF8''', kms_key := %(kms_key)s)
"""


class Input(Wire):
    """`rules` are those of the schema function, `slice` is one of the bounds' slices."""

    table: Table
    bounds: Bounds
    rules: Rules = Field(validation_alias="schema", serialization_alias="schema")
    slice: Slice


@step
def handler(given: Input) -> Part:
    """Returns the slice's part of the batch.

    Each attempt writes under a new name, so files of an earlier attempt belong to no batch. Raises SchemaMismatch where
    the table's columns are no longer those that the schema function read.
    """
    spec, bounds, columns = given.table.specification(), given.bounds, given.rules.columns
    selection = sql.SQL("FROM {} WHERE {}").format(full_name(spec.source), rows_of_slice(bounds, given.slice))
    with aurora_session(spec.table_name) as aurora, aurora.snapshot():
        # Before the snapshot, which LOCK does not take: a table that is rewritten after it looks empty in it.
        lock = sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE").format(full_name(spec.source))
        aurora.execute(lock)  # guard: table-rewritten-under-the-snapshot
        _refuse_other_columns(spec, columns, read_columns(aurora, spec, bounds.oid))
        part = _export(aurora, export_query(columns, selection), spec.source, given.rules)
    logger.info("Exported", extra={"part": part.model_dump()})
    count("RowsExported", part.rows)
    count("BytesExported", part.bytes)
    return part


def _refuse_other_columns(spec: TableSpec, columns: Sequence[Column], present: Sequence[Column]) -> None:
    """Raises SchemaMismatch: the file will be loaded by the schema function's rules, so it must have their columns."""
    types = {column.name: column.type for column in present}
    changed = [column.name for column in columns if not column.dropped and types.get(column.name) != column.type]
    if changed:  # guard: columns-changed-before-the-export
        raise SchemaMismatch(
            f"{spec.table_name}: columns {changed} changed while it was being exported; re-run the table"
        )


def _export(aurora: AuroraSession, query: sql.Composable, table: SourceTable, rules: MergeRules) -> Part:
    attempt = uuid4()  # guard: two-attempts-of-one-name
    hour = f"{table.folder(rules.layout)}/{datetime.now(UTC):%Y/%m/%d/%H}"
    key = f"{hour}/run-{attempt}.v{rules.schema_version}.csv"
    own = settings()
    # Without a key of ours AWS's own for S3 encrypts, with which everybody reads who may read the bucket.
    destination = {"bucket": own.staging_bucket, "key": key, "region": own.aws_region, "kms_key": own.staging_key}
    snapshot = aurora.row(f"SELECT {VERSION} AS version, pg_is_in_recovery() AS replica")
    if snapshot["replica"]:
        # A replica may lack rows below the fence, and its snapshots' versions are not those of the writer.
        raise SourceUnavailable(
            f"{table}: Aurora's endpoint led to a replica, as during a failover; a retry connects again"
        )
    began = time.monotonic()
    written = aurora.row(_EXPORT, {"query": aurora.text(query), **destination})
    seconds("ExportSeconds", time.monotonic() - began)
    names = [key] + [f"{key}_part{number}" for number in range(2, written["files"] + 1)]
    files = [ExportedFile(name=name, version=snapshot["version"]) for name in names]
    waits = own.load_first_look_seconds
    return Part(rows=written["rows"], bytes=written["bytes"], files=files, wait_seconds=waits)

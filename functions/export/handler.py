"""Export: Aurora itself writes one slice's rows to S3; they never pass through here."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.typing import LambdaContext
from psycopg2 import sql

from functions.shared.aurora import session as aurora
from functions.shared.aurora.catalog import read_columns
from functions.shared.aurora.export_query import export_query
from functions.shared.aurora.fence import VERSION
from functions.shared.aurora.session import Aurora
from functions.shared.aurora.windows import relation, slice_window
from functions.shared.contract.bounds import Bounds, Slice
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.spec import TableSpec, spec_of
from functions.shared.ground.errors import SchemaMismatch, SourceUnavailable
from functions.shared.ground.observability import Event, count, logger, seconds, step
from functions.shared.ground.settings import settings

# No header: where Aurora cuts a big export into parts is not documented to repeat it.
_EXPORT = """
SELECT rows_uploaded AS rows, files_uploaded AS files, bytes_uploaded AS bytes
FROM aws_s3.query_export_to_s3(
    %(query)s, aws_commons.create_s3_uri(%(bucket)s, %(key)s, %(region)s), options := 'format csv')
"""


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {rows, bytes, files: [{name, version}], wait_seconds}, the slice's part of the batch.

    Each attempt writes under a name of its own, so what an earlier attempt left behind belongs to no batch. Raises
    SchemaMismatch where the table's columns are no longer those that the schema function saw.
    """
    spec, bounds = spec_of(event["table"]), Bounds.model_validate(event["bounds"])
    columns = [Column.from_json(value) for value in event["schema"]["columns"]]
    selection = sql.SQL("FROM {} WHERE {}").format(
        relation(spec.source), slice_window(bounds, Slice.model_validate(event["slice"]))
    )
    source = aurora.connect(spec.table_name)
    with aurora.speaking_of(spec.table_name), source.snapshot():
        # The function ends before its Lambda does, so that the error says which limit was too tight.
        limit = sql.Literal(f"{settings().export_seconds}s")
        source.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(limit))
        # Before the snapshot, which neither SET nor LOCK takes: a table rewritten after it would look empty to it.
        source.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE").format(relation(spec.source)))
        _refuse_other_columns(spec, columns, read_columns(source, spec, bounds.oid))
        part = _export(source, export_query(columns, selection), spec.source, event["schema"]["version"])
    logger.info("Exported", extra={"part": part})
    count("RowsExported", part["rows"])
    count("BytesExported", part["bytes"])
    return {**part, "wait_seconds": settings().load_poll_seconds}


def _refuse_other_columns(spec: TableSpec, columns: Sequence[Column], present: Sequence[Column]) -> None:
    """The file is read by the rules that the schema function made: the columns must still be those."""
    types = {column.name: column.type for column in present}
    changed = [column.name for column in columns if not column.dropped and types.get(column.name) != column.type]
    if changed:
        raise SchemaMismatch(
            f"{spec.table_name}: columns {changed} changed while it was being exported; re-run the table"
        )


def _export(source: Aurora, query: sql.Composable, table: SourceTable, schema_version: int) -> dict[str, Any]:
    key = f"{table.folder}/{datetime.now(UTC):%Y/%m/%d/%H}/run-{uuid4()}.v{schema_version}.csv"
    target = {"bucket": settings().staging_bucket, "key": key, "region": settings().aws_region}
    snapshot = source.row(f"SELECT {VERSION} AS version, pg_is_in_recovery() AS replica")
    if snapshot["replica"]:
        # A replica may still lack rows that lie below the fence, and its snapshots' versions are no writer's.
        raise SourceUnavailable(
            f"{table}: Aurora's endpoint led to a replica, as during a failover; a retry connects anew"
        )
    began = time.monotonic()
    written = source.row(_EXPORT, {"query": source.text(query), **target})
    seconds("ExportSeconds", time.monotonic() - began)
    names = [key] + [f"{key}_part{number}" for number in range(2, written["files"] + 1)]
    files = [{"name": name, "version": snapshot["version"]} for name in names]
    return {"rows": written["rows"], "bytes": written["bytes"], "files": files}

"""A table's steps one after another in this process, each by its handler; only Snowpipe's load is done here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

from functions.export.handler import handler as export
from functions.merge.handler import handler as merge
from functions.reconcile.handler import handler as reconcile
from functions.schema.handler import handler as schema
from functions.shared.naming import SourceTable
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import TableObjects
from functions.watermark.handler import handler as watermark
from tests.functions.bucket import Bucket

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)')


@dataclass(frozen=True)
class Pipeline:
    """The warehouse and the bucket between which a run takes place."""

    warehouse: Warehouse
    bucket: Bucket
    context: Mock

    def run(self, spec: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One run of one table: the results of its waves, empty where it was idle."""
        event: dict[str, Any] = {
            "table": {"table_name": spec["table_name"], "spec": dict(spec), "digest": "d"},
            "execution": str(uuid4()),
        }
        results: list[dict[str, Any]] = []
        for _ in range(10):
            event |= watermark(event, self.context)
            if event["bounds"]["status"] == "IDLE":
                return results
            if event["bounds"]["status"] == "NEW":
                results.append(self._wave(event))
            if event["bounds"]["status"] == "NEW" and not event["bounds"]["more"]:
                return results
        raise AssertionError(f"endless: {results}")

    def _wave(self, event: dict[str, Any]) -> dict[str, Any]:
        event = {**event, **schema(event, self.context)}
        parts = [export({**event, "slice": part}, self.context) for part in event["bounds"]["slices"]]
        files = [file for part in parts for file in part["files"]]
        sums = {term: sum(part[term] for part in parts) for term in ("rows", "bytes")}
        staging = TableObjects("AURORA", SourceTable.parse(event["table"]["table_name"])).staging
        for file in files:
            self._load(staging, file["name"])
        event |= {"batch": {"id": str(uuid4()), **sums, "files": files}, "load": {"loaded": sums["rows"]}}
        while event.get("merge", {}).get("status") != "MERGED":
            event |= merge(event, self.context)
        result: dict[str, Any] = reconcile(event, self.context)["result"]
        return result

    def _load(self, staging: str, file: str) -> None:
        """Puts a file's records into STAGING: an empty field is NULL, an empty one in quotes is ''."""
        records = records_of(self.bucket.objects[file].decode())
        if records:
            row = f"({', '.join(['%s'] * (len(records[0]) + 2))}, NULL)"
            values = [value for number, record in enumerate(records, 1) for value in (*record, file, number)]
            self.warehouse.execute(f"INSERT INTO {staging} VALUES {', '.join([row] * len(records))}", values)


def records_of(text: str) -> list[list[str | None]]:
    """A CSV file's records as Snowflake reads them."""
    records: list[list[str | None]] = [[]]
    for match in _FIELD.finditer(text):
        quoted, bare, end = match.groups()
        records[-1].append(quoted.replace('""', '"') if quoted is not None else bare or None)
        if end == "\n":
            records.append([])
    return records[:-1]

"""One table's steps one after another, as the workflow calls them; the loads are put into STAGING from the bucket."""

import re
import time
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

from functions.export.handler import handler as export
from functions.merge.handler import handler as merge
from functions.reconcile.handler import handler as reconcile
from functions.schema.handler import handler as schema
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from functions.watermark.handler import handler as watermark
from tests.support.bucket import Bucket

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)')


@dataclass
class Steps:
    """A table with its specification and cluster, between the warehouse and the bucket where a run takes place."""

    warehouse: SnowflakeSession
    bucket: Bucket
    context: Mock
    spec: dict[str, Any]
    cluster: str | None = None

    @property
    def table(self) -> dict[str, Any]:
        """The table as Config and the workflow hand it over."""
        table = {"table_name": self.spec["table_name"], "spec": self.spec, "digest": "d"}
        return {**table, "cluster": self.cluster} if self.cluster else table

    @property
    def objects(self) -> TableObjects:
        return TableObjects("AURORA", SourceTable.parse(self.spec["table_name"]))

    def run(self) -> list[dict[str, Any]]:
        """One run: the results of its waves, empty where the table was idle."""
        event: dict[str, Any] = {"table": self.table, "execution": str(uuid4())}
        results: list[dict[str, Any]] = []
        while len(results) < 30:
            event |= watermark(event, self.context)
            bounds = event["bounds"]
            if bounds["status"] == "SETTLING":
                time.sleep(0.2)
                continue
            if bounds["status"] == "IDLE":
                return results
            results.append(self._wave(event))
            if not bounds["more"]:
                return results
        raise AssertionError(f"endless: {results}")

    def _wave(self, event: dict[str, Any]) -> dict[str, Any]:
        event = {**event, **schema(event, self.context)}
        parts = [export({**event, "slice": part}, self.context) for part in event["bounds"]["slices"]]
        files = [file for part in parts for file in part["files"]]
        sums = {term: sum(part[term] for part in parts) for term in ("rows", "bytes")}
        for file in files:
            self.load(file["name"], MergeRules.from_json(event["schema"]))
        event |= {"batch": {"id": str(uuid4()), **sums, "files": files}, "load": {"loaded": sums["rows"]}}
        while event.get("merge", {}).get("status") != "MERGED":
            event |= merge(event, self.context)
        result: dict[str, Any] = reconcile(event, self.context)["result"]
        return {**result, "slices": len(parts)}

    def load(self, file: str, rules: MergeRules) -> None:
        """Puts a file's records into STAGING: an empty field is NULL, an empty one in quotes is ''."""
        records = records_of(self.bucket.objects[file].decode())
        if records:
            names = ", ".join(column.identifier for column in rules.columns).replace("%", "%%")
            marks = ", ".join([f"({', '.join(['%s'] * (len(records[0]) + 2))})"] * len(records))
            values = [value for number, record in enumerate(records, 1) for value in (*record, file, number)]
            self.warehouse.execute(
                f'INSERT INTO {self.objects.staging} ("_REFUSED", {names}, "_FILE", "_ROW") VALUES {marks}', values
            )

    def final(self) -> list[int]:
        rows = self.warehouse.rows(f'SELECT "ID" FROM {self.objects.final} ORDER BY 1')
        return [int(row["ID"]) for row in rows]


def records_of(text: str) -> list[list[str | None]]:
    """A CSV file's records as Snowflake reads them."""
    records: list[list[str | None]] = [[]]
    for match in _FIELD.finditer(text):
        quoted, bare, end = match.groups()
        records[-1].append(quoted.replace('""', '"') if quoted is not None else bare or None)
        if end == "\n":
            records.append([])
    return records[:-1]

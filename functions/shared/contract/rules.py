"""The rules by which a table's batches are merged into FINAL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.shared.contract.columns import Column


@dataclass(frozen=True)
class MergeRules:
    """How a table's batches are merged.

    `columns` are in the order of the file's fields. `key` is empty for a table without one: its rows are appended, or
    replaced by a complete snapshot. `watermark` is the leading watermark column, None where there is none.
    `schema_version` counts the table's schemas; files of versions before `since` had other columns and are not merged.
    `layout` is the version that last changed the files' columns: files of one layout have their own folder and pipe. It
    is 0 for a table whose folder and pipe have no version in their names yet.
    """

    columns: Sequence[Column]
    key: Sequence[Column]
    watermark: Column | None
    soft_deletes: bool
    schema_version: int = 1
    since: int = 1
    layout: int = 1

    def to_json(self) -> dict[str, Any]:
        """The form in which they travel through the workflow."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "key": [column.name for column in self.key],
            "watermark": self.watermark.name if self.watermark else None,
            "soft_deletes": self.soft_deletes,
            "version": self.schema_version,
            "since": self.since,
            "layout": self.layout,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "MergeRules":
        """The inverse of `to_json`."""
        columns = [Column.from_json(column) for column in value["columns"]]
        named = {column.name: column for column in columns}
        watermark = named[value["watermark"]] if value["watermark"] is not None else None
        key = [named[name] for name in value["key"]]
        versions = value["version"], value["since"], value.get("layout", 0)
        return cls(columns, key, watermark, value["soft_deletes"], *versions)

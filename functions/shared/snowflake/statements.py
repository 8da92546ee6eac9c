"""Renders the SQL of Snowflake's objects from the templates in `snowflake/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable, literal, quote
from functions.shared.ground.templates import render, statements
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.session_parameters import SESSION_PARAMETERS

# Fewer deletes than this are never suspicious, whatever their share.
_GUARDED_ROWS = 100
_BOOTSTRAP = ("bootstrap/database.sql", "bootstrap/stage.sql", "bootstrap/control.sql")


@dataclass(frozen=True)
class TableObjects:
    """The Snowflake objects of one source table, as quoted full names."""

    database: str
    source: SourceTable

    def _named(self, schema: str) -> str:
        return f'{quote(self.database)}."{schema}".{quote(self.source.object_name)}'

    @property
    def staging(self) -> str:
        """The table that the pipe loads; the pipe and the task have the same name."""
        return self._named("STAGING")

    @property
    def typed(self) -> str:
        """The view of STAGING's rows in FINAL's types, with what does not cast.

        In a schema of its own name space: any suffix may be the end of another table's name.
        """
        return self._named("CONTROL")

    @property
    def final(self) -> str:
        """The copy of the Aurora table."""
        return self._named("FINAL")

    def names(self) -> dict[str, str]:
        """What the templates call these objects."""
        return {
            "database": quote(self.database),
            "staging": self.staging,
            "typed": self.typed,
            "final": self.final,
            "pipe": self.staging,
            "task": self.staging,
            "comment": literal(str(self.source)),
            "file_format": literal(f'{quote(self.database)}."STAGING"."AURORA_CSV"'),
        }


@dataclass(frozen=True)
class MergeRules:
    """What decides how a table's batches are applied.

    `columns` are in the order of the file's fields. `key` is empty for a table without one: its rows are appended, or
    replaced by a complete snapshot. `watermark` is the leading watermark column, None where there is none. `version`
    counts the table's schemas; files of versions before `since` had another layout and are not merged.
    """

    columns: Sequence[Column]
    key: Sequence[Column]
    watermark: Column | None
    soft_deletes: bool
    version: int = 1
    since: int = 1

    def to_json(self) -> dict[str, Any]:
        """The form in which they travel through the workflow."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "key": [column.name for column in self.key],
            "watermark": self.watermark.name if self.watermark else None,
            "soft_deletes": self.soft_deletes,
            "version": self.version,
            "since": self.since,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "MergeRules":
        """The inverse of `to_json`."""
        columns = [Column.from_json(column) for column in value["columns"]]
        named = {column.name: column for column in columns}
        watermark = named[value["watermark"]] if value["watermark"] is not None else None
        key = [named[name] for name in value["key"]]
        return cls(columns, key, watermark, value["soft_deletes"], value["version"], value["since"])


def storage_integration(database: str) -> str:
    """The quoted name of a database's way to its bucket; an account may have several."""
    return quote(f"{database}_EXPORTS")


def bootstrap_statements(database: str, bucket: str) -> list[str]:
    """The statements that make database, schemas, stage and control tables; running them again changes nothing."""
    values = {
        "database": quote(database),
        "bucket_url": literal(f"s3://{bucket}/"),
        "storage_integration": storage_integration(database),
        "file_format": literal(f'{quote(database)}."STAGING"."AURORA_CSV"'),
    }
    return [statement for name in _BOOTSTRAP for statement in statements(render(name, values))]


def table_statements(
    objects: TableObjects, rules: MergeRules, replace: bool = False, replace_pipe: bool = False
) -> list[str]:
    """The statements that make a table's STAGING, FINAL, view, pipe and task; `replace` remakes STAGING and pipe."""
    stage = f'@{quote(objects.database)}."STAGING"."EXPORTS"/{objects.source.folder}/'
    replaced = {"replace": replace, "replace_pipe": replace or replace_pipe}
    values = {**objects.names(), **vars(rules), **replaced, "stage_path": literal(stage), "literal": literal}
    asked_for = "SYSTEM$GET_TASK_GRAPH_CONFIG('batch_id')::VARCHAR"
    oldest_ready = (
        f'SELECT MIN_BY("BATCH_ID", "VERSION") FROM {control_table(objects.database, "BATCHES")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} AND "BATCH_ID" NOT IN '
        f'(SELECT "BATCH_ID" FROM {control_table(objects.database, "LEDGER")})'
    )
    merge = _merge(objects, rules, f"COALESCE({asked_for}, ({oldest_ready}))", as_task=True)
    # A task's session is none of ours: it begins with the account's parameters.
    parameters = [
        f"{name} = {literal(value) if isinstance(value, str) else str(value).upper()}"
        for name, value in SESSION_PARAMETERS.items()
    ]
    task = render("table/task.sql", {**objects.names(), "merge": merge, "parameters": parameters})
    return [*statements(render("table/objects.sql", values)), task]


def evolve_statements(
    objects: TableObjects,
    staging_columns: Sequence[Column],
    final_columns: Sequence[Column],
    widened: Sequence[Column],
) -> list[str]:
    """The statements that add columns to STAGING and FINAL and widen FINAL's; running them again changes nothing."""
    values = {"staging_columns": staging_columns, "final_columns": final_columns, "widened": widened}
    return list(statements(render("table/evolve.sql", {**objects.names(), **values})))


def merge_statement(objects: TableObjects, rules: MergeRules, batch_id: str) -> str:
    """The block that applies batch `batch_id`; it returns one word that says what became of it."""
    return _merge(objects, rules, literal(batch_id))


def compare_statement(
    objects: TableObjects, rules: MergeRules, version: int, rows: Sequence[Sequence[str | None]]
) -> str:
    """Compares exported `rows`, texts in column order, with FINAL as of a batch's `version`.

    Rows are found by key, or by all their columns in a table without one; those that do not cast are left out, for
    quarantine holds them. One result row: SAMPLED, MISSING, and per column, named by its position from 0, how many rows
    differ in it.
    """
    given = [["NULL" if text is None else literal(text) for text in row] for row in rows]
    values = {"columns": rules.columns, "match_on": rules.key or rules.columns, "version": f"{version:d}"}
    return render("table/compare.sql", {**objects.names(), **values, "rows": given})


def _merge(objects: TableObjects, rules: MergeRules, batch: str, as_task: bool = False) -> str:
    values = {**objects.names(), **vars(rules), "batch": batch, "table_name": literal(str(objects.source))}
    values |= {"guarded_rows": _GUARDED_ROWS, "as_task": as_task}
    values |= {f"insert_{name.lower()}": insert_into(objects.database, name) for name in ("LEDGER", "QUARANTINE")}
    return render("table/merge.sql", values)

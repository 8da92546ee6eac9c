"""Renders the SQL of Snowflake's objects from the templates in `snowflake/`."""

from collections.abc import Sequence

from functions.shared.contract.columns import Column
from functions.shared.contract.names import literal, quote
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import KEPT_CHARACTERS
from functions.shared.ground.templates import render, statements
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects, storage_integration
from functions.shared.snowflake.session_parameters import SESSION_PARAMETERS

# Fewer deletes than this are never suspicious, whatever their share.
_GUARDED_ROWS = 100
# A task waits as long for another's lock as the sync's own sessions by default, and its merge takes no longer.
_TASK_LIMITS: dict[str, str | bool | int] = {"LOCK_TIMEOUT": 900, "STATEMENT_TIMEOUT_IN_SECONDS": 14400}
_BOOTSTRAP = ("bootstrap/database.sql", "bootstrap/stage.sql", "bootstrap/control.sql")


def bootstrap_statements(database: str, bucket: str, final_retention_days: int = 1) -> list[str]:
    """The statements that make database, schemas, stage and control tables; running them again changes nothing."""
    values = {
        "database": quote(database),
        "bucket_url": literal(f"s3://{bucket}/"),
        "final_retention_days": final_retention_days,
        "storage_integration": storage_integration(database),
        "file_format": literal(f'{quote(database)}."STAGING"."AURORA_CSV"'),
    }
    return [statement for name in _BOOTSTRAP for statement in statements(render(name, values))]


def table_statements(
    objects: TableObjects, rules: MergeRules, replace: bool = False, replace_pipe: bool = False
) -> list[str]:
    """The statements that make a table's STAGING, FINAL, view, task and the pipe of its layout.

    `replace` remakes STAGING, `replace_pipe` a pipe whose table was another one.
    """
    stage = f'@{quote(objects.database)}."STAGING"."EXPORTS"/{objects.source.folder(rules.layout)}/'
    pipe = {"pipe": objects.pipe(rules.layout), "replace_pipe": replace_pipe, "stage_path": literal(stage)}
    values = {**objects.names(), **vars(rules), **pipe, "replace": replace, "literal": literal}
    asked_for = "SYSTEM$GET_TASK_GRAPH_CONFIG('batch_id')::VARCHAR"
    oldest_ready = (
        f'SELECT MIN_BY("BATCH_ID", "VERSION") FROM {control_table(objects.database, "BATCHES")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} AND "BATCH_ID" NOT IN '
        f'(SELECT "BATCH_ID" FROM {control_table(objects.database, "LEDGER")})'
    )
    merge = _merge(objects, rules, f"COALESCE({asked_for}, ({oldest_ready}))", objects.merging(""), as_task=True)
    # Snowflake opens a task's session, with the account's parameters.
    parameters = [
        f"{name} = {literal(value) if isinstance(value, str) else str(value).upper()}"
        for name, value in (SESSION_PARAMETERS | _TASK_LIMITS).items()
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
    """The block that merges batch `batch_id`; it returns a word for the outcome, with details behind some."""
    return _merge(objects, rules, literal(batch_id), objects.merging(batch_id))


def compare_statement(
    objects: TableObjects, rules: MergeRules, versions: tuple[int, int], rows: Sequence[Sequence[str | None]]
) -> str:
    """Compares exported `rows`, texts in column order, with FINAL as of a batch's oldest and newest version.

    Rows are found by key, or by all their columns in a table without one; those that do not cast are left out, because
    they are in quarantine. One result row: SAMPLED, MISSING, and per column, named by its position from 0, how many
    rows differ in it.
    """
    given = [["NULL" if text is None else literal(text) for text in row] for row in rows]
    oldest, newest = versions
    values = {"match_on": rules.key or rules.columns, "oldest": f"{oldest:d}", "newest": f"{newest:d}", "rows": given}
    return render("table/compare.sql", {**objects.names(), **vars(rules), **values})


def restage_statement(objects: TableObjects, rules: MergeRules, execution: str, most_rows: int) -> str:
    """The block that stages and records at most so many rows, those that were listed first."""
    values = {
        **objects.names(),
        **vars(rules),
        "table_name": literal(str(objects.source)),
        "execution": literal(execution),
        "insert_files": insert_into(objects.database, "BATCH_FILES"),
        "insert_batch": insert_into(objects.database, "BATCHES"),
        "most_rows": most_rows,
        "shortened": KEPT_CHARACTERS,
        "literal": literal,
    }
    return render("table/replay.sql", values)


def _merge(objects: TableObjects, rules: MergeRules, batch: str, merging: str, as_task: bool = False) -> str:
    values = {
        **objects.names(),
        **vars(rules),
        "batch": batch,
        "merging": merging,
        "table_name": literal(str(objects.source)),
    }
    values |= {"guarded_rows": _GUARDED_ROWS, "as_task": as_task}
    values |= {f"insert_{name.lower()}": insert_into(objects.database, name) for name in ("LEDGER", "QUARANTINE")}
    return render("apply/keyed.sql" if rules.key else "apply/keyless.sql", values)

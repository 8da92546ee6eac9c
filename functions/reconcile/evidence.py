"""Checks of a merged batch: the ledger adds up, FINAL's watermark does not lag behind, sampled rows are equal."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from psycopg2 import sql
from snowflake.connector.errors import Error

from functions.shared.aurora.catalog import read_columns
from functions.shared.aurora.export_query import export_query
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import all_of, before, full_name, rows_in, written_before
from functions.shared.contract.batch import Batch
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.columns import Column
from functions.shared.contract.result import Ledger
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.traits import without_watermark
from functions.shared.ground.errors import ReconciliationFailed
from functions.shared.ground.settings import settings
from functions.shared.snowflake.driver_errors import TIMED_OUT
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from functions.shared.snowflake.statements import compare_statement

SAMPLE_ROWS = 10
PATIENCE_SECONDS = 60
_SETTLE_SECONDS = 5
_SAMPLE_ROW_BYTES = 65536


def check_ledger(table: str, exported: int, loaded: int, ledger: Ledger) -> None:
    """Checks that exported = loaded = merged + duplicates + quarantined + held, each counted where it happened.

    Raises ReconciliationFailed with the numbers.
    """
    if not exported == loaded == ledger.exported == ledger.loaded == ledger.accounted:
        raise ReconciliationFailed(
            f"{table}: the batch does not add up: Aurora exported {exported}, Snowpipe loaded {loaded}, STAGING held "
            f"{ledger.loaded}, and merged {ledger.merged} + duplicates {ledger.duplicates} + quarantined "
            f"{ledger.quarantined} + held {ledger.held} = {ledger.accounted}; compare CONTROL.LEDGER with the files"
        )


def measure_watermark_drift(
    aurora: AuroraSession,
    snowflake: SnowflakeSession,
    spec: TableSpec,
    bounds: Bounds,
    rules: MergeRules,
    objects: TableObjects,
) -> float | None:
    """How far FINAL's watermark lies behind Aurora's below the fence, in seconds or in the watermark's units.

    None without a watermark column, and where its type or number has changed since the export. Raises
    ReconciliationFailed where FINAL is empty and Aurora is not.
    """
    below = bounds.below
    if rules.watermark is None or below is None:
        return None
    if rules.watermark not in _unchanged(aurora, spec, bounds, rules):
        return None
    column = sql.Identifier(rules.watermark.name)
    query = sql.SQL("SELECT max({}) AS high FROM {} WHERE {}").format(column, full_name(spec.source), before(below))
    there = aurora.row(query)["high"]
    here = snowflake.rows(f'SELECT MAX({rules.watermark.identifier}) AS "HIGH" FROM {objects.final}')[0]["HIGH"]
    if there is None:
        return 0
    if here is None:
        raise ReconciliationFailed(
            f"{spec.table_name}: FINAL is empty, yet Aurora has rows below the fence; see CONTROL.QUARANTINE for rows "
            "that do not cast, else re-run it"
        )
    return max(0.0, _distance(there, here))


def compare_sample(
    aurora: AuroraSession,
    snowflake: SnowflakeSession,
    spec: TableSpec,
    bounds: Bounds,
    rules: MergeRules,
    objects: TableObjects,
    batch: Batch,
) -> int | None:
    """Compares the window's most recent rows that no transaction has changed since the fence; returns how many.

    None where Snowflake takes too long. Compares only columns that have not changed since the export. Raises
    ReconciliationFailed naming the columns that differ.
    """
    columns = _unchanged(aurora, spec, bounds, rules)
    if not columns or any(column not in columns for column in rules.key):
        return 0
    rules = replace(rules, columns=columns)
    sample = (list(row.values()) for row in aurora.rows(_sample(spec, bounds, rules)))
    rows = [texts for refused, *texts in sample if not refused]
    if not rows:
        return 0
    statement = compare_statement(objects, rules, (batch.oldest_version, batch.newest_version), rows)
    found = _answer(snowflake, statement)
    if found is not None and _differs(found):
        # What the merge's session committed may be seen here a moment later (READ_CONSISTENCY_MODE).
        time.sleep(_SETTLE_SECONDS)
        found = _answer(snowflake, statement)
    if found is None:
        return None
    sampled, missing = found.pop("SAMPLED"), found.pop("MISSING")
    different = [rules.columns[int(index)].name for index, rows in found.items() if rows]
    if missing or different:
        raise ReconciliationFailed(
            f"{spec.table_name}: of {sampled} sampled rows FINAL lacks {missing} and differs in columns {different}; "
            f"if an application changes rows without moving the watermark, use {without_watermark()}, then full_refresh"
        )
    return sampled


def _answer(snowflake: SnowflakeSession, statement: str) -> dict[str, int] | None:
    """The counts of a comparison, None where they take too long: the merge has its proof, this is one more."""
    try:
        _limit(snowflake, PATIENCE_SECONDS)
        return {name: int(rows) for name, rows in snowflake.rows(statement)[0].items()}
    except Error as error:
        if error.errno not in TIMED_OUT:
            raise
        return None
    finally:
        _limit(snowflake, settings().statement_seconds)


def _limit(snowflake: SnowflakeSession, seconds: int) -> None:
    snowflake.execute(f"ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds:d}")


def _differs(found: Mapping[str, int]) -> bool:
    return any(rows for name, rows in found.items() if name != "SAMPLED")


def _unchanged(aurora: AuroraSession, spec: TableSpec, bounds: Bounds, rules: MergeRules) -> list[Column]:
    now = {column.name: column for column in read_columns(aurora, spec, bounds.oid)}
    pairs = ((column, now.get(column.name)) for column in rules.columns if not column.dropped)
    return [one for one, other in pairs if other and (one.type, one.number) == (other.type, other.number)]


def _sample(spec: TableSpec, bounds: Bounds, rules: MergeRules) -> sql.Composable:
    short = sql.SQL("octet_length((t.*)::text) < {}").format(sql.Literal(_SAMPLE_ROW_BYTES))
    conditions = [rows_in(bounds.window), written_before(bounds.horizon), short]
    order: sql.Composable = sql.SQL("")
    if rules.watermark is not None and bounds.below is not None:
        conditions.append(before(bounds.below))
        order = sql.SQL("ORDER BY {} DESC").format(sql.Identifier(rules.watermark.name))
    selection = sql.SQL("FROM {} t WHERE {} {} LIMIT {}").format(
        full_name(spec.source), all_of(*conditions), order, sql.Literal(SAMPLE_ROWS)
    )
    return export_query(rules.columns, selection)


def _distance(there: Any, here: Any) -> float:
    if isinstance(there, datetime | date):
        return float((there - here).total_seconds())
    return float(there) - float(here)

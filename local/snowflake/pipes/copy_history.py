"""What Snowpipe did with each file, and INFORMATION_SCHEMA.COPY_HISTORY over it."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

import duckdb
from sqlglot import Expr, exp

from local.snowflake.faults import Faults
from local.snowflake.language.errors import compilation_error
from local.snowflake.language.names import Name, quote_literal
from local.snowflake.language.scanner import Scanner
from local.snowflake.language.table_functions import Call, as_table, parse_call, select_from
from local.snowflake.session.context import Context

TABLE = "_fs_global.main._sf_copy_history"

CREATE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    "FILE_NAME" VARCHAR, "STAGE_LOCATION" VARCHAR, "LAST_LOAD_TIME" TIMESTAMPTZ,
    "ROW_COUNT" BIGINT, "ROW_PARSED" BIGINT, "FILE_SIZE" BIGINT,
    "FIRST_ERROR_MESSAGE" VARCHAR, "FIRST_ERROR_LINE_NUMBER" BIGINT, "FIRST_ERROR_CHARACTER_POS" BIGINT,
    "FIRST_ERROR_COLUMN_NAME" VARCHAR, "ERROR_COUNT" BIGINT, "ERROR_LIMIT" BIGINT, "STATUS" VARCHAR,
    "TABLE_CATALOG_NAME" VARCHAR, "TABLE_SCHEMA_NAME" VARCHAR, "TABLE_NAME" VARCHAR,
    "PIPE_CATALOG_NAME" VARCHAR, "PIPE_SCHEMA_NAME" VARCHAR, "PIPE_NAME" VARCHAR, "PIPE_RECEIVED_TIME" TIMESTAMPTZ,
    "FIRST_COMMIT_TIME" TIMESTAMPTZ)"""

_ARGUMENTS = {"TABLE_NAME", "START_TIME", "END_TIME", "PIPE_NAME"}


@dataclass(frozen=True)
class HistoryEntry:
    """One file's outcome; field order is the column order. Sizes are bytes, positions count from 1."""

    file_name: str
    stage_location: str
    last_load_time: datetime
    row_count: int
    row_parsed: int
    file_size: int
    first_error_message: str | None
    first_error_line_number: int | None
    first_error_character_pos: int | None
    first_error_column_name: str | None
    error_count: int
    error_limit: int
    status: str
    table_catalog_name: str
    table_schema_name: str
    table_name: str
    pipe_catalog_name: str
    pipe_schema_name: str
    pipe_name: str
    pipe_received_time: datetime
    first_commit_time: datetime | None = None


def record(duck: duckdb.DuckDBPyConnection, entry: HistoryEntry) -> None:
    """Keep one file's outcome."""
    values = astuple(entry)
    duck.execute(f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(values))})", list(values))


def rename_table(duck: duckdb.DuckDBPyConnection, old: Name, new: Name) -> None:
    """Keep the history of a renamed table."""
    duck.execute(
        f'UPDATE {TABLE} SET "TABLE_NAME" = ?'
        ' WHERE "TABLE_CATALOG_NAME" = ? AND "TABLE_SCHEMA_NAME" = ? AND "TABLE_NAME" = ?',
        [new.name, *old.parts],
    )


def forget_database(duck: duckdb.DuckDBPyConnection, database: str) -> None:
    """Remove the history of a dropped database's tables."""
    duck.execute(f'DELETE FROM {TABLE} WHERE "TABLE_CATALOG_NAME" = ?', [database])


def as_subquery(node: exp.TableFromRows, context: Context, faults: Faults) -> Expr:
    """A call of COPY_HISTORY as a subquery over the history."""
    call = parse_call(node, _ARGUMENTS)
    arguments = call.arguments
    if not {"TABLE_NAME", "START_TIME"} <= set(arguments):
        raise compilation_error("COPY_HISTORY needs TABLE_NAME and START_TIME.", 938, "22023")
    where = [
        _old_enough(faults),
        *_named(arguments["TABLE_NAME"], call, context, ("TABLE_CATALOG_NAME", "TABLE_SCHEMA_NAME", "TABLE_NAME")),
    ]
    if "PIPE_NAME" in arguments:
        where += _named(arguments["PIPE_NAME"], call, context, ("PIPE_CATALOG_NAME", "PIPE_SCHEMA_NAME", "PIPE_NAME"))
    query = select_from(TABLE).where(*where, dialect="snowflake")
    for bound, operator in (("START_TIME", exp.GTE), ("END_TIME", exp.LTE)):
        if bound in arguments:
            query = query.where(
                operator(this=exp.column("LAST_LOAD_TIME", quoted=True), expression=arguments[bound].copy())
            )
    return as_table(node, query, "COPY_HISTORY")


def _named(value: Expr, call: Call, context: Context, columns: tuple[str, str, str]) -> list[str]:
    parts = Scanner(value.name).parts()
    if call.database is not None and len(parts) < 3:
        parts = [call.database, *([context.schema or "PUBLIC"] if len(parts) == 1 else []), *parts]
    name = context.resolve(parts)
    return [f'"{column}" = {quote_literal(part)}' for column, part in zip(columns, name.parts, strict=True)]


def _old_enough(faults: Faults) -> str:
    """The condition of loads that are older than the history's lag."""
    latest = datetime.now(UTC) - timedelta(seconds=faults.history_lag_seconds)
    return f'"LAST_LOAD_TIME" <= {quote_literal(latest.isoformat())}::TIMESTAMP_TZ'

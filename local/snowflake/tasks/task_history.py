"""INFORMATION_SCHEMA.TASK_HISTORY: the runs of all tasks, with their outcomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
from sqlglot import Expr, exp

from local.snowflake.language.errors import compilation_error
from local.snowflake.language.names import quote_literal
from local.snowflake.language.scanner import Scanner
from local.snowflake.language.table_functions import Call, as_table, parse_call, select_from
from local.snowflake.session.context import Context
from local.snowflake.tasks.task_run import TaskRun

TABLE = "_fs_global.main._sf_task_history"

CREATE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    "QUERY_ID" VARCHAR, "NAME" VARCHAR, "DATABASE_NAME" VARCHAR, "SCHEMA_NAME" VARCHAR, "QUERY_TEXT" VARCHAR,
    "CONDITION_TEXT" VARCHAR, "STATE" VARCHAR, "ERROR_CODE" BIGINT, "ERROR_MESSAGE" VARCHAR,
    "SCHEDULED_TIME" TIMESTAMPTZ, "QUERY_START_TIME" TIMESTAMPTZ, "NEXT_SCHEDULED_TIME" TIMESTAMPTZ,
    "COMPLETED_TIME" TIMESTAMPTZ, "ROOT_TASK_ID" VARCHAR, "GRAPH_VERSION" BIGINT, "RUN_ID" BIGINT,
    "RETURN_VALUE" VARCHAR, "SCHEDULED_FROM" VARCHAR, "ATTEMPT_NUMBER" BIGINT, "CONFIG" VARCHAR,
    "GRAPH_RUN_GROUP_ID" VARCHAR)"""

_MEMORY = timedelta(days=7)
_ARGUMENTS = {
    "SCHEDULED_TIME_RANGE_START",
    "SCHEDULED_TIME_RANGE_END",
    "RESULT_LIMIT",
    "TASK_NAME",
    "DATABASE_NAME",
    "SCHEMA_NAME",
    "ERROR_ONLY",
    "ROOT_TASK_ID",
}


def record(duck: duckdb.DuckDBPyConnection, run: TaskRun) -> None:
    """Record the present state of a run, in place of its earlier one."""
    name = run.task.name
    error = run.error
    values = [
        run.query_id,
        name.name,
        name.database,
        name.schema,
        run.task.definition,
        None,
        run.state,
        error.errno if error else None,
        error.msg if error else None,
        run.scheduled,
        run.started,
        None,
        run.completed,
        run.task.id,
        1,
        int(run.scheduled.timestamp() * 1000),
        run.return_value,
        "EXECUTE_TASK",
        1,
        run.config,
        run.id,
    ]
    forget(duck, run)
    duck.execute(f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(values))})", values)


def forget(duck: duckdb.DuckDBPyConnection, run: TaskRun) -> None:
    """Remove a run."""
    duck.execute(f'DELETE FROM {TABLE} WHERE "GRAPH_RUN_GROUP_ID" = ?', [run.id])


def as_subquery(node: exp.TableFromRows, context: Context) -> Expr:
    """A call of TASK_HISTORY as a subquery: its own filters, newest first, then its limit."""
    call = parse_call(node, _ARGUMENTS)
    arguments = call.arguments
    query = select_from(TABLE).where(*_filters(call), dialect="snowflake")
    for bound, operator in (("SCHEDULED_TIME_RANGE_START", exp.GTE), ("SCHEDULED_TIME_RANGE_END", exp.LTE)):
        if bound in arguments:
            _require_recent(arguments[bound], context)
            query = query.where(
                operator(this=exp.column("SCHEDULED_TIME", quoted=True), expression=arguments[bound].copy())
            )
    query = query.order_by('"SCHEDULED_TIME" DESC', dialect="snowflake").limit(_limit(arguments.get("RESULT_LIMIT")))
    return as_table(node, query, "TASK_HISTORY")


def _filters(call: Call) -> list[str]:
    where = []
    for argument, column in (("DATABASE_NAME", "DATABASE_NAME"), ("SCHEMA_NAME", "SCHEMA_NAME")):
        if argument in call.arguments:
            (name,) = Scanner(call.arguments[argument].name).parts()
            where.append(f'"{column}" = {quote_literal(name)}')
    if "TASK_NAME" in call.arguments:
        where.append(f'UPPER("NAME") = UPPER({quote_literal(call.arguments["TASK_NAME"].name)})')
    if "ROOT_TASK_ID" in call.arguments:
        where.append(f'"ROOT_TASK_ID" = {quote_literal(call.arguments["ROOT_TASK_ID"].name)}')
    if isinstance(call.arguments.get("ERROR_ONLY"), exp.Boolean) and call.arguments["ERROR_ONLY"].this:
        where.append("\"STATE\" IN ('FAILED', 'CANCELLED')")
    return where


def _limit(given: Expr | None) -> int:
    limit = 100 if given is None else int(given.name)
    if not 1 <= limit <= 10000:
        raise compilation_error(f"TASK_HISTORY's RESULT_LIMIT {limit} is not between 1 and 10000.", 938, "22023")
    return limit


def _require_recent(bound: Expr, context: Context) -> None:
    moment = context.execute(f"SELECT CAST({bound.sql(dialect='snowflake')} AS TIMESTAMP_LTZ) AS V").scalar()
    if moment is not None and moment < datetime.now(UTC) - _MEMORY:
        raise compilation_error("Cannot retrieve task history of more than 7 days ago.", 938, "22023")

"""The stand-in's state, made of its parts."""

from __future__ import annotations

import tempfile
import warnings
from functools import partial

import fakesnow.macros
from fakesnow.instance import FakeSnow

from local.snowflake.account.grant_book import GrantBook
from local.snowflake.account.objects import AccountObjects
from local.snowflake.engine import casts, declared_types, json_parsing, overrides
from local.snowflake.faults import Faults
from local.snowflake.pipes import copy_history
from local.snowflake.pipes.pipes import Pipes
from local.snowflake.session import result_scan
from local.snowflake.session.extensions import Extensions
from local.snowflake.session.queries import Queries
from local.snowflake.session.session import Session, Shared
from local.snowflake.session.table_times import TableTimes
from local.snowflake.session.write_lock import WriteLock
from local.snowflake.statements import information_tables
from local.snowflake.statements.ddl import run_ddl
from local.snowflake.statements.dispatch import run_extension
from local.snowflake.statements.objects import Objects
from local.snowflake.tasks import task_history
from local.snowflake.tasks.task_run import graph_config
from local.snowflake.tasks.task_runs import TaskRuns
from local.snowflake.tasks.tasks import Tasks

LOCK_TIMEOUT_SECONDS = 900.0


class State:
    """One account: databases in memory, sessions on them, pipes, tasks and the statements that ran."""

    def __init__(self, channel: str = "", lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="snowflake-spill-")
        self.engine = _engine(self._spill.name)
        self.faults, self.queries = Faults(), Queries()
        self.pipes = Pipes(channel)
        self.tasks = Tasks(TaskRuns(self.session, self.engine.duck_conn.cursor, self.queries, self.faults))
        objects = Objects(AccountObjects(GrantBook(self.tables)), self.pipes, self.tasks)
        extensions = Extensions(
            run=partial(run_extension, objects=objects),
            run_ddl=partial(run_ddl, objects=objects),
            table_functions={
                "COPY_HISTORY": partial(copy_history.as_subquery, faults=self.faults),
                "TASK_HISTORY": task_history.as_subquery,
                "RESULT_SCAN": partial(result_scan.as_subquery, queries=self.queries),
            },
            information_views={"TABLES": information_tables.as_subquery},
            system_functions={
                "SYSTEM$PIPE_STATUS": self.pipes.status,
                "SYSTEM$GET_TASK_GRAPH_CONFIG": graph_config,
            },
        )
        lock = WriteLock(lock_timeout_seconds)
        self._shared = Shared(self.engine, lock, self.queries, self.faults, extensions, TableTimes())

    def tables(self, container: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The complete names of a database's or schema's tables."""
        names = ("database_name", "schema_name")[: len(container)]
        condition = " AND ".join(f"{name} = ?" for name in names)
        query = f"SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE {condition} ORDER BY ALL"
        return self.engine.duck_conn.cursor().execute(query, list(container)).fetchall()

    def session(self, database: str | None, schema: str | None, autocommit: bool = True) -> Session:
        """A new session; without a current database where none has this name."""
        return Session(self._shared, database, schema, autocommit)


def _engine(spill_folder: str) -> FakeSnow:
    """DuckDB with fakesnow on it, and this package's changes to both."""
    overrides.apply()
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
    engine = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False)
    engine.results_cache = overrides.RecentResults()
    engine.duck_conn.execute(f"SET GLOBAL temp_directory = '{spill_folder}'")
    engine.duck_conn.execute(casts.MACROS)
    engine.duck_conn.execute(json_parsing.MACROS)
    engine.duck_conn.execute(fakesnow.macros.FS_TO_TIMESTAMP.substitute(catalog="_fs_global.main"))
    for table in (copy_history.CREATE, task_history.CREATE, declared_types.CREATE):
        engine.duck_conn.execute(table)
    return engine

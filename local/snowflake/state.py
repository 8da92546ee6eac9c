"""The stand-in's state."""

from __future__ import annotations

import tempfile
import warnings

import fakesnow.macros
from fakesnow.instance import FakeSnow

from local.snowflake.engine import casts, declared_types, json_parsing, overrides
from local.snowflake.faults import Faults
from local.snowflake.pipes import copy_history
from local.snowflake.pipes.pipes import Pipes
from local.snowflake.session.queries import Queries
from local.snowflake.session.session import Session
from local.snowflake.session.write_lock import WriteLock
from local.snowflake.statements.account_objects import AccountObjects
from local.snowflake.statements.grant_book import GrantBook
from local.snowflake.tasks import task_history
from local.snowflake.tasks.tasks import Tasks

LOCK_TIMEOUT_SECONDS = 900.0


class Warehouse:
    """One account: databases in memory, sessions on them, pipes, tasks and the statements that ran."""

    def __init__(self, channel: str = "", lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> None:
        overrides.apply()
        warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
        self.engine = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False)
        self.engine.results_cache = overrides.RecentResults()
        self._spill = tempfile.TemporaryDirectory(prefix="warehouse-spill-")
        self.engine.duck_conn.execute(f"SET GLOBAL temp_directory = '{self._spill.name}'")
        self.engine.duck_conn.execute(casts.MACROS)
        self.engine.duck_conn.execute(json_parsing.MACROS)
        self.engine.duck_conn.execute(fakesnow.macros.FS_TO_TIMESTAMP.substitute(catalog="_fs_global.main"))
        self.engine.duck_conn.execute(copy_history.CREATE)
        self.engine.duck_conn.execute(task_history.CREATE)
        self.engine.duck_conn.execute(declared_types.CREATE)
        self.write_lock = WriteLock(lock_timeout_seconds)
        self.pipes = Pipes(channel)
        self.tasks = Tasks(self)
        self.grants = GrantBook(self.tables)
        self.account = AccountObjects(self.grants)
        self.queries = Queries()
        self.faults = Faults()

    def tables(self, container: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The complete names of a database's or schema's tables."""
        names = ("database_name", "schema_name")[: len(container)]
        condition = " AND ".join(f"{name} = ?" for name in names)
        query = f"SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE {condition} ORDER BY ALL"
        return self.engine.duck_conn.cursor().execute(query, list(container)).fetchall()

    def session(self, database: str | None, schema: str | None, autocommit: bool = True) -> Session:
        return Session(self, database, schema, autocommit)

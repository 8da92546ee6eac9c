"""The stand-in's state."""

from __future__ import annotations

import tempfile
import warnings

import fakesnow.macros
from fakesnow.instance import FakeSnow

from local.warehouse import casts, copy_history, declared_types, json_parsing, overrides, task_history
from local.warehouse.account_objects import AccountObjects
from local.warehouse.faults import Faults
from local.warehouse.grant_book import GrantBook
from local.warehouse.pipes import Pipes
from local.warehouse.queries import Queries
from local.warehouse.session import Session
from local.warehouse.tasks import Tasks
from local.warehouse.write_lock import WriteLock

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

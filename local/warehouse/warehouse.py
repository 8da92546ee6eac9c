"""The stand-in's state, and the statements that fakesnow does not know."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable

import fakesnow.macros
from fakesnow.instance import FakeSnow
from sqlglot import TokenType

from local.warehouse import account_ddl, casts, copy_history, declared_types, overrides
from local.warehouse.faults import Faults
from local.warehouse.pipes import Pipes
from local.warehouse.queries import Queries
from local.warehouse.result import Result
from local.warehouse.scanner import Scanner
from local.warehouse.script_parser import starts_block
from local.warehouse.scripting import run_block
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
        self.engine.duck_conn.execute(fakesnow.macros.FS_TO_TIMESTAMP.substitute(catalog="_fs_global.main"))
        self.engine.duck_conn.execute(copy_history.CREATE)
        self.engine.duck_conn.execute(declared_types.CREATE)
        self.write_lock = WriteLock(lock_timeout_seconds)
        self.pipes = Pipes(channel)
        self.tasks = Tasks()
        self.queries = Queries()
        self.faults = Faults()

    def session(self, database: str | None, schema: str | None, autocommit: bool = True) -> Session:
        return Session(self, database, schema, autocommit)

    def extension(self, sql: str) -> Callable[[Session], Result] | None:
        """How to run a statement that is not the engine's; None when it is."""
        scanner = Scanner(sql)
        if account_ddl.is_account_ddl(scanner):
            return lambda _: account_ddl.accept(scanner)
        if starts_block(scanner):
            return lambda session: run_block(sql, session)
        if scanner.accept("EXECUTE", "IMMEDIATE"):
            return lambda session: _execute_immediate(scanner, session)
        if scanner.accept("EXECUTE", "TASK"):
            return lambda session: self.tasks.execute(scanner, session)
        if scanner.accept("ALTER", "SESSION"):
            return lambda session: account_ddl.alter_session(scanner, session)
        return self._registry_statement(scanner)

    def _registry_statement(self, scanner: Scanner) -> Callable[[Session], Result] | None:
        verb = scanner.word()
        if verb not in ("CREATE", "ALTER", "DROP", "SHOW"):
            return None
        replaces = verb == "CREATE" and (scanner.word(1), scanner.word(2)) == ("OR", "REPLACE")
        kind = scanner.word(3 if replaces else 1)
        registries: dict[str, Pipes | Tasks] = {
            "PIPE": self.pipes,
            "PIPES": self.pipes,
            "TASK": self.tasks,
            "TASKS": self.tasks,
        }
        registry = registries.get(kind)
        if registry is None or (verb == "SHOW") != kind.endswith("S"):
            return None
        scanner.at += 4 if replaces else 2
        if verb == "CREATE":
            return lambda session: registry.create(scanner, session, replaces)
        return lambda session: getattr(registry, verb.lower())(scanner, session)


def _execute_immediate(scanner: Scanner, session: Session) -> Result:
    """EXECUTE IMMEDIATE of a literal: a block or any one statement."""
    token = scanner.token()
    if token is None or token.token_type not in (TokenType.STRING, TokenType.RAW_STRING):
        raise scanner.unexpected()
    text = scanner.string()
    scanner.expect_end()
    return session.execute(text)

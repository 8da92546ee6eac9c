"""The pipes of an account, their statements, and the files that each has yet to load."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from local.snowflake.engine.declared_types import columns_of
from local.snowflake.language.errors import already_exists, does_not_exist
from local.snowflake.language.names import Name
from local.snowflake.language.result import Result, rows, status
from local.snowflake.language.scanner import Scanner
from local.snowflake.pipes import copy_history
from local.snowflake.pipes.load_history import LoadHistory
from local.snowflake.pipes.pipe import ListedObject, Pipe, StagedFile
from local.snowflake.pipes.pipe_definition import comment_of, parse_copy, require_columns
from local.snowflake.session.context import Context
from local.snowflake.session.show import filtered


class Pipes:
    """`submit` hands a file to the loader; `list_stage` lists the objects of a location for REFRESH,
    `list_objects` for LIST.

    With `tables_forget_loads` only pipes have a load history, so that a replaced pipe's refresh loads files again. For
    `replaced_pipe_lag_seconds` a replaced pipe's former definition reads the files that arrive.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._pipes: dict[Name, Pipe] = {}
        self._guard = threading.RLock()
        self.loads = LoadHistory()
        self.tables_forget_loads = False
        self.replaced_pipe_lag_seconds = 0.0
        self.submit: Callable[[Pipe, StagedFile], None] = _no_loader
        self.list_stage: Callable[[str], list[StagedFile]] = lambda _: []
        self.list_objects: Callable[[str], list[ListedObject]] = lambda _: []

    def readers(self, file: StagedFile) -> list[Pipe]:
        """The pipes that read the file's location."""
        with self._guard:
            return [pipe for pipe in self._pipes.values() if pipe.copy.relative_name(file.url) is not None]

    def offer(self, pipe: Pipe, file: StagedFile) -> None:
        """Pass a file to the loader, or keep it while the pipe is paused."""
        with self._guard:
            pipe.forwarded = datetime.now(UTC)
            if not pipe.paused:
                self.submit(pipe, file)
                return
            pipe.hold(file)
        file.on_handled(True)

    def has_loaded(self, pipe: Pipe, file: StagedFile) -> bool:
        """Whether the file was loaded: for an event by the pipe's history, for a refresh by the table's as well."""
        name = pipe.copy.relative_name(file.url)
        if name is None or pipe.has_loaded(name):
            return True
        return file.by_refresh and not self.tables_forget_loads and self.loads.has(pipe.copy.table, file.url)

    def is_current(self, pipe: Pipe) -> bool:
        """Whether the pipe was neither dropped nor replaced."""
        return self._pipes.get(pipe.name) is pipe

    def has(self, name: Name) -> bool:
        """Whether there is a pipe of this name."""
        with self._guard:
            return name in self._pipes

    def get(self, name: Name) -> Pipe:
        """Raises ProgrammingError where there is no pipe of this name."""
        with self._guard:
            if name not in self._pipes:
                raise does_not_exist("Pipe", str(name))
            return self._pipes[name]

    def status(self, context: Context, name: str) -> str:
        """SYSTEM$PIPE_STATUS of a name as the call gives it."""
        pipe = self.get(context.resolve(Scanner(name).parts()))
        return pipe.status(has_table=bool(columns_of(context.duck, pipe.copy.table)))

    def create(self, scanner: Scanner, context: Context, replace: bool) -> Result:
        """CREATE [OR REPLACE] PIPE [IF NOT EXISTS] name [options] AS COPY …; a replaced pipe has no load history.

        A load that runs meanwhile belongs to the old pipe; files that wait in the old pipe are not loaded.
        """
        if_not_exists = scanner.accept("IF", "NOT", "EXISTS")
        name = context.resolve(scanner.parts())
        comment = comment_of(scanner)
        definition = scanner.rest()
        with self._guard:
            if name in self._pipes and not replace:
                if if_not_exists:
                    return status(f"{name.name} already exists, statement succeeded.")
                raise already_exists(str(name))
            copy = parse_copy(definition, context)
            require_columns(copy)
            former, now = self._pipes.get(name), datetime.now(UTC)
            self._pipes[name] = Pipe(name, definition, copy, comment, now, self._channel)
            if former is not None:
                self._pipes[name].former = former.copy
                self._pipes[name].former_until = now + timedelta(seconds=self.replaced_pipe_lag_seconds)
        return status(f"Pipe {name.name} successfully created.")

    def alter(self, scanner: Scanner, context: Context) -> Result:
        """ALTER PIPE name REFRESH [PREFIX = '…'] | SET PIPE_EXECUTION_PAUSED = … | SET COMMENT = …."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = context.resolve(scanner.parts())
        if if_exists and name not in self._pipes:
            return status("Statement executed successfully.")
        pipe = self.get(name)
        if scanner.accept("REFRESH"):
            return self._refresh(pipe, scanner)
        scanner.expect("SET")
        while not scanner.done:
            option = scanner.identifier()
            scanner.expect("=")
            if option == "PIPE_EXECUTION_PAUSED":
                self._pause(pipe, scanner.boolean())
            elif option == "COMMENT":
                pipe.comment = scanner.string()
            else:
                raise scanner.unexpected()
            scanner.accept(",")
        return status("Statement executed successfully.")

    def drop(self, scanner: Scanner, context: Context) -> Result:
        """DROP PIPE [IF EXISTS] name."""
        if_exists = scanner.accept("IF", "EXISTS")
        name = context.resolve(scanner.parts())
        scanner.expect_end()
        with self._guard:
            if name not in self._pipes:
                if if_exists:
                    return status("Drop statement executed successfully.")
                raise does_not_exist("Pipe", str(name))
            del self._pipes[name]
        return status(f"{name.name} successfully dropped.")

    def forget_database(self, context: Context, database: str) -> None:
        """Remove the pipes and load histories of a dropped database."""
        copy_history.forget_database(context.duck, database)
        with self._guard:
            for name in [name for name in self._pipes if name.database == database]:
                del self._pipes[name]
        self.loads.forget_database(database)

    def forget_table(self, table: Name) -> None:
        """Remove the load history of a dropped or replaced table."""
        self.loads.forget(table)

    def rename_table(self, context: Context, old: Name, new: Name) -> None:
        """Keep the load history of a renamed table."""
        copy_history.rename_table(context.duck, old, new)
        self.loads.rename(old, new)

    def show(self, scanner: Scanner, context: Context) -> Result:
        """SHOW PIPES [LIKE …] [IN …]."""
        with self._guard:
            found = filtered([(pipe.name, pipe) for pipe in self._pipes.values()], scanner, context)
        text = ("name", "database_name", "schema_name", "definition", "owner", "notification_channel", "comment")
        columns = {"created_on": pa.timestamp("us", "UTC"), **dict.fromkeys(text, pa.string())}
        return rows(columns, [
            (pipe.created, name.name, name.database, name.schema, pipe.definition, "SYSADMIN", pipe.channel,
             pipe.comment)
            for name, pipe in found
        ])  # fmt: skip

    def _pause(self, pipe: Pipe, paused: bool) -> None:
        with self._guard:
            pipe.paused = paused
            if not paused:
                self._release(pipe)

    def _refresh(self, pipe: Pipe, scanner: Scanner) -> Result:
        prefix = ""
        while not scanner.done:
            option = scanner.identifier()
            scanner.expect("=")
            if option != "PREFIX":
                raise scanner.unexpected()
            prefix = scanner.string()
        staged = self.list_stage(pipe.copy.location + prefix)
        sent = []
        with self._guard:
            waiting = {file.url for file in pipe.waiting}
            for file in (replace(file, by_refresh=True) for file in staged):
                fresh = not self.has_loaded(pipe, file)
                if fresh and file.url not in waiting:
                    self.submit(pipe, file)
                sent.append((pipe.copy.relative_name(file.url), "SENT" if fresh else "NOT_SENT"))
            self._release(pipe)
        return rows({"File": pa.string(), "Status": pa.string()}, sent)

    def _release(self, pipe: Pipe) -> None:
        files, pipe.waiting = pipe.waiting, []
        for file in files:
            self.submit(pipe, file)


def _no_loader(pipe: Pipe, file: StagedFile) -> None:
    raise RuntimeError(
        f"Pipe {pipe.name} got {file.url}, but no loader runs: start the stand-in with its S3 and SQS settings."
    )

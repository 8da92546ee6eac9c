"""Snowpipe's service side: S3 events from a queue, files from S3, one loader."""

from __future__ import annotations

import logging
import queue
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.snowflake.pipes import copy_history
from local.snowflake.pipes.csv_loader import load
from local.snowflake.pipes.events import Countdown, created_objects
from local.snowflake.pipes.load_outcome import LoadFailure, LoadOutcome
from local.snowflake.pipes.pipe import ListedObject, Pipe, StagedFile
from local.snowflake.pipes.pipes import Pipes
from local.snowflake.session.context import Context

logger = logging.getLogger(__name__)

REFRESH_WINDOW = timedelta(days=7)
INVISIBLE_SECONDS = 900
RETRY_SECONDS = 2


class Snowpipe:
    """Two threads: one receives events, one loads; a message is deleted once every pipe has handled its files.

    The session is the loader's alone.
    """

    def __init__(self, pipes: Pipes, session: Context, s3: Any, sqs: Any, queue_url: str) -> None:
        self._pipes, self._session = pipes, session
        self._s3, self._sqs, self._queue_url = s3, sqs, queue_url
        self._files: queue.Queue[tuple[Pipe, StagedFile]] = queue.Queue()
        self._stopped = threading.Event()
        pipes.submit = self._submit
        pipes.list_stage = lambda location: list(self._list(location))
        pipes.list_objects = lambda location: list(self._objects(location))
        self._threads = [
            threading.Thread(target=loop, daemon=True, name=f"snowpipe {loop.__name__}")
            for loop in (self._receive_forever, self._load_forever)
        ]

    def start(self) -> None:
        """Begin to receive and to load."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let both threads end after their present file or message."""
        self._stopped.set()

    def _receive_forever(self) -> None:
        while not self._stopped.is_set():
            try:
                answer = self._sqs.receive_message(
                    QueueUrl=self._queue_url,
                    MaxNumberOfMessages=10,
                    WaitTimeSeconds=2,
                    VisibilityTimeout=INVISIBLE_SECONDS,
                )
            except (BotoCoreError, ClientError) as error:
                logger.warning("Snowpipe cannot read its queue, trying again: %s", error)
                self._stopped.wait(RETRY_SECONDS)
                continue
            for message in answer.get("Messages", []):
                self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        """Offer every created object of one message to its pipes; the message is deleted after all are handled."""
        receipt = message["ReceiptHandle"]
        work = [(pipe, file) for file in created_objects(message["Body"]) for pipe in self._pipes.readers(file)]
        if not work:
            self._settle(receipt, handled=True)
            return
        ticket = Countdown(len(work), lambda handled: self._settle(receipt, handled))
        for pipe, file in work:
            self._pipes.offer(pipe, replace(file, on_handled=ticket.one_done))

    def _settle(self, receipt: str, handled: bool) -> None:
        try:
            if handled:
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=receipt)
            else:
                self._sqs.change_message_visibility(
                    QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=RETRY_SECONDS
                )
        except (BotoCoreError, ClientError) as error:
            logger.warning("Snowpipe cannot settle a message, it will be delivered again: %s", error)

    def _submit(self, pipe: Pipe, file: StagedFile) -> None:
        pipe.loading += 1
        self._files.put((pipe, file))

    def _load_forever(self) -> None:
        while not self._stopped.is_set():
            try:
                pipe, file = self._files.get(timeout=1)
            except queue.Empty:
                continue
            handled = False
            try:
                handled = self._load(pipe, file)
            except (BotoCoreError, ClientError) as error:
                logger.warning("Snowpipe cannot read %s, trying again: %s", file.url, error)
            except Exception:
                logger.exception("Snowpipe failed on %s", file.url)
            finally:
                pipe.loading -= 1
            file.on_handled(handled)

    def _load(self, pipe: Pipe, file: StagedFile) -> bool:
        """Load one file once; True when its message can be deleted."""
        name = pipe.copy.relative_name(file.url)
        if name is None or not self._pipes.is_current(pipe) or self._pipes.has_loaded(pipe, file):
            return True
        started = datetime.now(UTC)
        with tempfile.TemporaryDirectory(prefix="snowpipe-") as folder:
            path = Path(folder) / "file.csv"
            try:
                self._s3.download_file(file.bucket, file.key, str(path))
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
                    raise
                outcome = LoadOutcome(0, LoadFailure(f"Remote file '{file.url}' was not found.", None, None))
            else:
                outcome = load(self._session, self._pipes.loads, pipe.copy_of(file), path, file, started)
        finished = datetime.now(UTC)
        if outcome.failure is None:
            pipe.loaded[name] = pipe.last_ingested = finished
            pipe.last_file = name
        copy_history.record(self._session.duck, _entry(pipe, file, name, outcome, finished))
        return True

    def _list(self, location: str) -> Iterator[StagedFile]:
        """The objects under a location that were written in the last 7 days, as a refresh sees them."""
        now = datetime.now(UTC)
        for found in self._objects(location):
            if found.modified >= now - REFRESH_WINDOW:
                bucket, _, key = found.url.removeprefix("s3://").partition("/")
                yield StagedFile(bucket, key, found.size, now)

    def _objects(self, location: str) -> Iterator[ListedObject]:
        """All objects under a location."""
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                etag = item["ETag"].strip('"')
                yield ListedObject(f"s3://{bucket}/{item['Key']}", item["Size"], etag, item["LastModified"])


def _entry(
    pipe: Pipe, file: StagedFile, name: str, outcome: LoadOutcome, finished: datetime
) -> copy_history.HistoryEntry:
    table, failure, within = pipe.copy.table, outcome.failure, pipe.copy.path
    return copy_history.HistoryEntry(
        file_name=name.removeprefix(within),
        stage_location=pipe.copy.location,
        last_load_time=finished,
        row_count=outcome.rows,
        row_parsed=outcome.rows,
        file_size=file.size,
        first_error_message=failure.message if failure else None,
        first_error_line_number=failure.line if failure else None,
        first_error_character_pos=1 if failure and failure.line else None,
        first_error_column_name=failure.column if failure else None,
        error_count=1 if failure else 0,
        error_limit=1,
        status="Load failed" if failure else "Loaded",
        table_catalog_name=table.database,
        table_schema_name=table.schema,
        table_name=table.name,
        pipe_catalog_name=pipe.name.database,
        pipe_schema_name=pipe.name.schema,
        pipe_name=pipe.name.name,
        pipe_received_time=file.received,
        first_commit_time=None if failure else finished,
    )

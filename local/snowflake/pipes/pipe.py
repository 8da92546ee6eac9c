"""A pipe and the files of its events and refreshes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from local.snowflake.language.names import Name
from local.snowflake.pipes.pipe_definition import Copy

MEMORY = timedelta(days=14)


def _ignore(_: bool) -> None:
    """The callback of a file that nothing waits for."""


@dataclass(frozen=True)
class StagedFile:
    """An object that an event or a refresh named; `on_handled` runs once, with False to have it delivered again."""

    bucket: str
    key: str
    size: int
    received: datetime
    on_handled: Callable[[bool], None] = field(default=_ignore, compare=False)
    by_refresh: bool = False

    @property
    def url(self) -> str:
        """Where the object is, as stages and histories write it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class ListedObject:
    """An object of a stage as LIST shows it."""

    url: str
    size: int
    md5: str
    modified: datetime


@dataclass
class Pipe:
    """A pipe's definition, and the state of its files.

    A replaced pipe's `former` definition may read on for a while; an event of a file last reached it at `forwarded`.
    """

    name: Name
    definition: str
    copy: Copy
    comment: str
    created: datetime
    channel: str
    paused: bool = False
    waiting: list[StagedFile] = field(default_factory=list)
    loading: int = 0
    loaded: dict[str, datetime] = field(default_factory=dict)
    last_ingested: datetime | None = None
    last_file: str | None = None
    former: Copy | None = None
    former_until: datetime | None = None
    forwarded: datetime | None = None

    def copy_of(self, file: StagedFile) -> Copy:
        """The definition that reads the file: CREATE OR REPLACE PIPE takes effect eventually."""
        former, until = self.former, self.former_until
        reads = former is not None and until is not None and file.received < until and former.relative_name(file.url)
        return former if former is not None and reads else self.copy

    def status(self, has_table: bool) -> str:
        """SYSTEM$PIPE_STATUS's JSON text; a pipe whose table was dropped is still there."""
        oldest = min((file.received for file in self.waiting), default=None)
        answer: dict[str, object] = {
            "executionState": "STOPPED_MISSING_TABLE" if not has_table else "PAUSED" if self.paused else "RUNNING",
            "pendingFileCount": len(self.waiting) + self.loading,
            "notificationChannelName": self.channel,
            "numOutstandingMessagesOnChannel": 0,
        }
        moments = {
            "oldestFileTimestamp": oldest,
            "lastIngestedTimestamp": self.last_ingested,
            "lastForwardedMessageTimestamp": self.forwarded,
        }
        for key, value in moments.items():
            if value is not None:
                answer[key] = value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        if self.last_file is not None:
            answer["lastIngestedFilePath"] = self.last_file
        return json.dumps(answer, separators=(",", ":"))

    def hold(self, file: StagedFile) -> None:
        """Keep a file while the pipe is paused; its message is deleted."""
        if all(file.url != held.url for held in self.waiting):
            self.waiting.append(replace(file, on_handled=_ignore))

    def has_loaded(self, name: str) -> bool:
        """Whether a file of this name was loaded within Snowpipe's memory of 14 days, whatever it contains now."""
        return name in self.loaded and datetime.now(UTC) - self.loaded[name] < MEMORY

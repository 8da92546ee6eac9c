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
    """A pipe's definition, and the state of its files."""

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

    def status(self) -> str:
        """SYSTEM$PIPE_STATUS's JSON text."""
        oldest = min((file.received for file in self.waiting), default=None)
        answer: dict[str, object] = {
            "executionState": "PAUSED" if self.paused else "RUNNING",
            "pendingFileCount": len(self.waiting) + self.loading,
            "notificationChannelName": self.channel,
            "numOutstandingMessagesOnChannel": 0,
        }
        for key, value in (("oldestFileTimestamp", oldest), ("lastIngestedTimestamp", self.last_ingested)):
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

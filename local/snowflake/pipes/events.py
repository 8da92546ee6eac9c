"""S3 events: the files that a message names, and when it can be deleted."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from local.snowflake.pipes.pipe import StagedFile

logger = logging.getLogger(__name__)


class Countdown:
    """Calls `finish` after all expected parts, with False if one failed."""

    def __init__(self, expected: int, finish: Callable[[bool], None]) -> None:
        self._left, self._handled, self._finish = expected, True, finish
        self._guard = threading.Lock()

    def one_done(self, handled: bool) -> None:
        """A part is done, or failed."""
        with self._guard:
            self._left -= 1
            self._handled &= handled
            last = self._left == 0
        if last:
            self._finish(self._handled)


def created_objects(body: str) -> Iterator[StagedFile]:
    """The objects that an S3 notification reports as created; none for s3:TestEvent and other messages."""
    try:
        message = json.loads(body)
    except ValueError:
        logger.warning("Snowpipe dropped a message that is not JSON.")
        return
    for event in message.get("Records", []) if isinstance(message, dict) else []:
        if event.get("eventName", "").removeprefix("s3:").startswith("ObjectCreated"):
            item = event["s3"]["object"]
            yield StagedFile(
                event["s3"]["bucket"]["name"], unquote_plus(item["key"]), int(item.get("size", 0)), datetime.now(UTC)
            )

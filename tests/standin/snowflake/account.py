"""The stand-in on loopback: its connector, its bucket and its events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import snowflake.connector

USER, PASSWORD, BUCKET = "LOADER", "correct horse", "staging-bucket"


@dataclass(frozen=True)
class Account:
    port: int
    s3: Any
    sqs: Any
    queue_url: str

    def connect(self, **changes: Any) -> Any:
        arguments: dict[str, Any] = {
            "account": "laptop",
            "user": USER,
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "session_parameters": {"QUERY_TAG": "tests", "TIMEZONE": "UTC"},
            "platform_detection_timeout_seconds": 0,
        }
        return snowflake.connector.connect(**{**arguments, **changes})

    def put(self, key: str, body: bytes | str) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode() if isinstance(body, str) else body)
        return key


def eventually(read: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What `read` returns once that is true; fails when it does not become so."""
    deadline = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        time.sleep(0.03)
    return found

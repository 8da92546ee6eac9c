"""``<home>/endpoints.json``: the addresses of a running laptop cloud."""

import json
from pathlib import Path
from typing import Any, TypedDict, cast

from local.aws.server import Aws


class NotUp(RuntimeError):
    """There is no laptop cloud in this folder."""


class Endpoints(TypedDict):
    """``aws``: fields of local.aws.server.Aws; ``postgres``: dsn; ``snowflake``: for snowflake.connector.connect."""

    aws: dict[str, str]
    postgres: dict[str, str]
    snowflake: dict[str, Any]
    vault: dict[str, str]
    bucket: str
    state_machine_arn: str
    dead_letter_queue_url: str
    parameter_prefix: str


def write(home: Path, endpoints: Endpoints) -> None:
    """Writes the file, which holds passwords, for its owner only."""
    path = home / "endpoints.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(endpoints, indent=2) + "\n")


def read(home: Path) -> Endpoints:
    """Raises NotUp when there is no such file."""
    path = home / "endpoints.json"
    if not path.exists():
        raise NotUp(f"No laptop cloud is up in {home}: start it with python -m local up.")
    return cast("Endpoints", json.loads(path.read_text()))


def aws_of(endpoints: Endpoints) -> Aws:
    """The AWS of these endpoints."""
    return Aws(**endpoints["aws"])

"""The laptop's Snowflake account: its server, how to connect to it, and the bootstrap an administrator would run."""

import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import snowflake.connector

from functions.shared.snowflake.statements import bootstrap_statements
from local.aws.server import Aws
from local.cloud.snowpipe_queue import Queue
from local.processes import Process, free_port, start, wait_until

DATABASE = "AURORA"
_NAME = "snowflake"
_USER = "SYNC_USER"


def start_snowflake(home: Path, aws: Aws, queue: Queue) -> dict[str, Any]:
    """Starts the server; returns the keyword arguments of snowflake.connector.connect."""
    port, password = free_port(), secrets.token_urlsafe(18)
    command = [sys.executable, "-m", "local.snowflake", "--port", str(port), "--user", _USER]
    command += ["--s3-endpoint", aws.endpoint_url, "--region", aws.region, "--queue-url", queue.url]
    scratch = home / _NAME
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        "TMPDIR": str(scratch.resolve()),
        "SNOWFLAKE_PASSWORD": password,
        "AWS_ACCESS_KEY_ID": aws.access_key_id,
        "AWS_SECRET_ACCESS_KEY": aws.secret_access_key,
    }
    start(home, Process(_NAME, command, environment, Path(__file__).parents[2]))
    wait_until(home, _NAME, lambda: _listens(port))
    return {
        "account": "local",
        "user": _USER,
        "password": password,
        "host": "127.0.0.1",
        "port": port,
        "protocol": "http",
        "database": DATABASE,
        "warehouse": "SYNC",
        "role": "SYNC",
    }


def bootstrap(connect: dict[str, Any], bucket: str) -> None:
    """Makes database, schemas, stage and control tables; a second call changes nothing."""
    with snowflake.connector.connect(**connect) as connection, connection.cursor() as cursor:
        for statement in bootstrap_statements(DATABASE, bucket):
            cursor.execute(statement)


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True

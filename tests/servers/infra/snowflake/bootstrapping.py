"""Bootstraps of accounts of the stand-in for Snowflake, without a server between."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.errors import Error
from typer.testing import CliRunner

from infra.settings import context_file
from infra.snowflake.bootstrap import __main__ as command
from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.connection import READER
from local.snowflake.session.session import Session
from local.snowflake.state import State
from tests.support.contexts import AURORA

QUEUE = "arn:aws:sqs:eu-central-1:123456789001:sf-snowpipe-AIDAEXAMPLE-AbCd"
USER = 'USER "AURORA_SYNC"'
_READS = ("SHOW ", "DESCRIBE ", "USE ROLE ")


@dataclass
class Connection:
    """What the bootstrap uses of the connector's connection; `refusals` are errors by a part of their statement."""

    session: Session
    executed: list[str] = field(default_factory=list)
    refusals: dict[str, Error] = field(default_factory=dict)

    @contextmanager
    def cursor(self, _: object = None) -> Iterator["Cursor"]:
        yield Cursor(self)

    @property
    def made(self) -> list[str]:
        """The statements that were not only reading."""
        return [one for one in self.executed if not one.startswith(_READS)]


@dataclass
class Cursor:
    connection: Connection
    rows: list[dict[str, Any]] = field(default_factory=list)

    def execute(self, statement: str) -> None:
        self.connection.executed.append(statement)
        for part, error in self.connection.refusals.items():
            if part in statement:
                raise error
        self.rows = self.connection.session.execute(statement).table.to_pylist()

    def fetchall(self) -> list[dict[str, Any]]:
        return self.rows


@dataclass
class Bench:
    """An account, a settings file, and the command on both."""

    connection: Connection
    folder: Path

    @property
    def settings_file(self) -> Path:
        return self.folder / "cdk.json"

    @property
    def key_file(self) -> Path:
        return self.folder / "sync.p8"

    @property
    def context(self) -> dict[str, Any]:
        context: dict[str, Any] = json.loads(self.settings_file.read_text())["context"]
        return context

    def run(self, *arguments: str, key: bool = True) -> tuple[int, str]:
        """The exit status and all that was written, with the file's key unless told otherwise."""
        self.connection.executed.clear()
        given = ["--connection", "admin", "--settings-file", str(self.settings_file), *arguments]
        given += ["--key-file", str(self.key_file)] if key else []
        result = CliRunner().invoke(command.app, given, env={"COLUMNS": "400"})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.output

    def execute(self, statement: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.connection.session.execute(statement).table.to_pylist()
        return rows

    def described(self, what: str) -> dict[str, str]:
        rows = self.execute(f"DESCRIBE {what}")
        return {row.get("property") or row["name"]: row.get("property_value") or row.get("value") or "" for row in rows}


@contextmanager
def benches(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A new account, a key, and the settings of a deployment beside a cluster."""
    session = State(channel=QUEUE, lock_timeout_seconds=20).session(None, None)
    connection: Any = Connection(session)

    @contextmanager
    def connected(_: str) -> Iterator[tuple[Account, str]]:
        yield Account(connection, READER), "myorg-myaccount"

    monkeypatch.setattr(command, "connected", connected)
    bench = Bench(connection, folder)
    context = {**context_file.read(), "aurora_cluster_arn": AURORA}
    bench.settings_file.write_text(json.dumps({"app": "python3 app.py", "context": context}, indent=2) + "\n")
    bench.key_file.write_bytes(_key())
    bench.key_file.chmod(0o600)
    yield bench
    session.rollback()
    session.execute('DROP DATABASE IF EXISTS "AURORA"')
    session.close()


@cache
def _key() -> bytes:
    """Making one takes long."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pkcs8 = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())

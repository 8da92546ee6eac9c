"""The bootstrap as an operator starts it: a named connection, the real connector, a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import context_file
from tests.standin.snowflake.account import PASSWORD, USER, Account

ROOT = Path(__file__).resolve().parents[3]
CLUSTER = "arn:aws:rds:eu-central-1:123456789012:cluster:shop"


@pytest.fixture
def folder(tmp_path: Path, account: Account) -> Path:
    """A home with one connection, and settings."""
    connection = f"""[admin]
account = "laptop"
user = "{USER}"
password = "{PASSWORD}"
host = "127.0.0.1"
port = {account.port}
protocol = "http"
"""
    (tmp_path / "connections.toml").write_text(connection)
    (tmp_path / "connections.toml").chmod(0o600)
    changes = {"aurora_cluster_arn": CLUSTER, "snowflake_database": "BOOTSTRAPPED"}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {**context_file.read(), **changes}}, indent=2) + "\n")
    return tmp_path


def bootstrap(folder: Path, connection: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.snowflake.bootstrap", "--connection", connection]
    command += ["--settings-file", str(folder / "cdk.json"), "--key-file", str(folder / "sync.p8")]
    environment = {**os.environ, "SNOWFLAKE_HOME": str(folder), "COLUMNS": "200"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_an_operator_bootstraps_an_account_once_and_again(folder: Path, account: Account) -> None:
    first = bootstrap(folder, "admin")
    assert first.returncode == 0, first.stdout + first.stderr
    context = json.loads((folder / "cdk.json").read_text())["context"]
    queue = account.sqs.get_queue_attributes(QueueUrl=account.queue_url, AttributeNames=["QueueArn"])
    assert context["snowpipe_queue_arn"] == queue["Attributes"]["QueueArn"]
    assert context["snowflake_iam_user_arn"].startswith("arn:aws:iam::")
    assert "account=laptop user=BOOTSTRAPPED_SYNC" in first.stdout
    again = bootstrap(folder, "admin")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Nothing is left to do." in again.stdout
    assert "made" not in again.stdout
    assert PASSWORD not in first.stdout + first.stderr + again.stdout + again.stderr


def test_a_connection_that_there_is_not_is_one_sentence(folder: Path) -> None:
    ended = bootstrap(folder, "missing")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("There is no connection missing: ")
    assert "Traceback" not in ended.stderr


def test_a_refused_login_is_one_sentence(folder: Path) -> None:
    file = folder / "connections.toml"
    file.write_text(file.read_text().replace(PASSWORD, "wrong"))
    ended = bootstrap(folder, "admin")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Connection admin was refused: ")
    assert "Traceback" not in ended.stderr

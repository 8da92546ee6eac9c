"""Starting the laptop's Aurora: cluster, server, roles, export functions and the uploader behind them."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from local.aurora.binaries import find_binaries, unprivileged_account
from local.aws.server import Aws
from local.processes import Process, StartFailed, end, free_port, start, wait_until

_SERVER, _UPLOADER, _READY = "aurora", "aurora-uploader", "uploader.ready"
_SOURCES = Path(__file__).parent
MAX_FILE_BYTES = 6 * 1024**3  # where Aurora cuts an export into parts
OWNER, SYNC_ROLE, DATABASE = "aurora_owner", "aurora_sync", "app"

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
wal_level = logical
max_prepared_transactions = 0
max_wal_size = 4GB
# the data need not survive a crash
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class Aurora:
    """Where the laptop's Aurora answers, and the passwords of its owner and of the workflow's role."""

    port: int
    owner_password: str
    sync_password: str
    spool: Path

    def dsn(self, role: str = OWNER) -> str:
        """A libpq URL for the role."""
        password = self.owner_password if role == OWNER else self.sync_password
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}"


def start_aurora(home: Path, aws: Aws, max_file_bytes: int = MAX_FILE_BYTES) -> Aurora:
    """Starts server and uploader; exports go to the S3 of ``aws`` in files of at most about ``max_file_bytes``."""
    account = unprivileged_account()
    folder = _folder(home, account)
    aurora = Aurora(free_port(), secrets.token_urlsafe(18), secrets.token_urlsafe(18), folder / "spool")
    binaries = find_binaries(account, folder / "binaries")
    _initialize(binaries, folder, aurora, account)
    _start_server(home, binaries, folder, aurora.port, account)
    wait_until(home, _SERVER, lambda: _answers(aurora.dsn()))
    _apply_sql(aurora)
    _start_uploader(home, aurora.spool, aws, max_file_bytes)
    return aurora


def restart_aurora(home: Path, dsn: str, meanwhile: Callable[[Path], object] = lambda _: None) -> None:
    """Ends the server as a failover does and starts it again; ``meanwhile`` may change the data folder it is given."""
    account, folder = unprivileged_account(), (home / "aurora").resolve()
    end(home, _SERVER)
    meanwhile(folder / "data")
    _start_server(home, find_binaries(account, folder / "binaries"), folder, int(urlsplit(dsn).port or 0), account)
    wait_until(home, _SERVER, lambda: _answers(dsn))


def restart_uploader(home: Path, aws: Aws, max_file_bytes: int = MAX_FILE_BYTES) -> None:
    """Lets an idle server's further exports be cut into files of at most about ``max_file_bytes``."""
    spool = (home / "aurora").resolve() / "spool"
    end(home, _UPLOADER)
    (spool / _READY).unlink()
    _start_uploader(home, spool, aws, max_file_bytes)


def remove_aurora(home: Path) -> None:
    """Deletes the stopped server's data, which for root is not below ``home``."""
    link = home / "aurora"
    if link.exists():
        shutil.rmtree(link.resolve())
    link.unlink(missing_ok=True)


def _folder(home: Path, account: str | None) -> Path:
    """``<home>/aurora``; for root a link to a folder that the unprivileged account can reach and owns."""
    link = home / "aurora"
    remove_aurora(home)
    if account is None:
        link.mkdir(parents=True)
    else:
        link.symlink_to(_reachable_folder(account))
    folder = link.resolve()
    (folder / "spool").mkdir()
    if account:
        shutil.chown(folder / "spool", account)
    return folder


def _reachable_folder(account: str) -> Path:
    """A new private folder of the account; the account may not be allowed to read the run folder's parents."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if subprocess.run(["test", "-x", parent], user=account, cwd="/", check=False).returncode == 0:
            folder = Path(tempfile.mkdtemp(prefix="laptop-aurora-", dir=parent))
            shutil.chown(folder, account)
            return folder
    raise StartFailed(f"{_SERVER}: the account {account} can reach no folder for temporary files.")


def _initialize(binaries: Path, folder: Path, aurora: Aurora, account: str | None) -> None:
    password_file = folder / "password"
    password_file.touch(0o600)
    password_file.write_text(aurora.owner_password)
    if account:
        shutil.chown(password_file, account)
    command: list[str | Path] = [binaries / "initdb", "-D", folder / "data", "-U", OWNER, "--pwfile", password_file]
    initialized = subprocess.run(
        [*command, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"],
        env={name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))},
        capture_output=True,
        text=True,
        check=False,
        user=account,
        cwd=folder,
    )
    password_file.unlink()
    if initialized.returncode != 0:
        raise StartFailed(f"{_SERVER}: initdb failed.\n{initialized.stdout}{initialized.stderr}")
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)


def _start_server(home: Path, binaries: Path, folder: Path, port: int, account: str | None) -> None:
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    start(home, Process(_SERVER, command, working_folder=folder, user=account, stop_signal=signal.SIGINT))


def _answers(dsn: str) -> bool:
    psycopg2.connect(dsn.replace(f"/{DATABASE}", "/postgres")).close()
    return True


def _apply_sql(aurora: Aurora) -> None:
    connection = psycopg2.connect(aurora.dsn().replace(f"/{DATABASE}", "/postgres"))
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
    connection.close()
    with psycopg2.connect(aurora.dsn()) as connection, connection.cursor() as cursor:
        cursor.execute((_SOURCES / "aws_s3.sql").read_text().replace("@SPOOL@", str(aurora.spool)))
        cursor.execute((_SOURCES / "roles.sql").read_text(), {"password": aurora.sync_password})
    connection.close()


def _start_uploader(home: Path, spool: Path, aws: Aws, max_file_bytes: int) -> None:
    command = [sys.executable, "-m", "local.aurora.uploader", "--spool", str(spool)]
    command += ["--endpoint", aws.endpoint_url, "--region", aws.region, "--max-file-bytes", str(max_file_bytes)]
    credentials = {"AWS_ACCESS_KEY_ID": aws.access_key_id, "AWS_SECRET_ACCESS_KEY": aws.secret_access_key}
    start(home, Process(_UPLOADER, command, credentials, _SOURCES.parents[1]))
    wait_until(home, _UPLOADER, (spool / _READY).exists)

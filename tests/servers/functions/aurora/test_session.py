"""The session: its own socket, how long its statements may take, and whether it still leads where Vault says."""

import socket
import threading
import time
from typing import Any

import psycopg2
import pytest

from functions.shared.access import vault
from functions.shared.aurora import session as aurora
from functions.shared.aurora.session import AuroraSession
from functions.shared.ground.errors import SourceRejected
from functions.shared.ground.settings import settings
from local.aurora.server import DATABASE
from local.aurora.server import Aurora as LocalAurora

SCAN = "SELECT count(*) FROM generate_series(1, 1000) WHERE pg_sleep(0.1) IS NOT NULL"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system's TCP has no such timeout")
def test_what_a_gone_server_does_not_acknowledge_ends_the_session_within_a_minute(source: AuroraSession) -> None:
    with socket.socket(fileno=socket.dup(source._connection.fileno())) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_a_function_that_was_killed_leaves_no_scan_behind(source: AuroraSession, owner: Any) -> None:
    pid = source._connection.info.backend_pid
    scan = threading.Thread(target=_ended_by_an_error, args=(source,))
    scan.start()
    _until(owner, f"SELECT state = 'active' FROM pg_stat_activity WHERE pid = {pid}", 5)
    with socket.socket(fileno=socket.dup(source._connection.fileno())) as opened:
        opened.shutdown(socket.SHUT_RDWR)
    _until(owner, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {pid}", 15)
    scan.join()


def _ended_by_an_error(source: AuroraSession) -> None:
    with pytest.raises(psycopg2.OperationalError):
        source.rows(SCAN)


def _until(owner: Any, condition: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    owner.execute(condition)
    while owner.fetchone() != (True,):
        assert time.monotonic() < deadline, condition
        time.sleep(0.1)
        owner.execute(condition)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that Lambda gives little time."""
    monkeypatch.setenv("STATEMENT_SECONDS", "1")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "watermark")
    settings.cache_clear()


@pytest.mark.usefixtures("impatient", "source")
def test_a_statement_that_outlasts_its_function_is_ended_by_aurora_with_a_remedy() -> None:
    said = r"^public.t: a statement of watermark took longer than 1 s.*; look for what blocks the table"
    with pytest.raises(SourceRejected, match=said), aurora.aurora_session("public.t") as session:
        session.rows(SCAN)


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("reads", ["SELECT 'canary'::int", "SELECT '2024-13-canary'::date", "SELECT 'canary'::json"])
def test_an_error_about_a_value_does_not_quote_it(reads: str) -> None:
    said = r"^public.t: .*22.*see Aurora's log"
    with pytest.raises(SourceRejected, match=said) as raised, aurora.aurora_session("public.t") as session:
        session.rows(reads)
    assert "canary" not in str(raised.value)


def test_an_idle_session_lets_go_of_the_server(source: AuroraSession) -> None:
    assert source.row("SHOW idle_session_timeout") == {"idle_session_timeout": "5min"}


def test_a_server_that_lacks_a_setting_is_no_error(source: AuroraSession) -> None:
    assert source.rows(aurora._SET, ("1s", "of_a_newer_version")) == []


@pytest.fixture
def secret(server: LocalAurora, owner: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Vault's secret, to be changed; the password of `other_sync` is the sync role's."""
    owner.execute(f"CREATE ROLE other_sync LOGIN PASSWORD '{server.sync_password}'")
    known = {
        "host": "127.0.0.1",
        "port": server.port,
        "dbname": DATABASE,
        "user": "aurora_sync",
        "password": server.sync_password,
        "sslmode": "disable",
    }
    monkeypatch.setattr(vault, "secret", lambda _table, _path: dict(known))
    monkeypatch.setattr(aurora, "_warm", [])
    yield known
    for session, _ in aurora._warm:
        session.close()
    owner.execute("DROP ROLE other_sync")


@pytest.mark.parametrize(("key", "value"), [("host", "localhost"), ("dbname", "postgres"), ("user", "other_sync")])
def test_a_warm_session_follows_vaults_secret(secret: dict[str, Any], key: str, value: str) -> None:
    with aurora.aurora_session("public.t") as first:
        assert first.usable
    with aurora.aurora_session("public.t") as same:
        assert same is first
    secret[key] = value
    with aurora.aurora_session("public.t") as other:
        assert other is not first
        assert getattr(other._connection.info, key) == value
    assert first._connection.closed

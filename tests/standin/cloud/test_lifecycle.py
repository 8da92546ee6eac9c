"""The laptop cloud as a whole: up, run, down, and what a failure leaves behind."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local import endpoints, processes
from local.cloud import lifecycle as cloud
from local.endpoints import NotUp
from local.processes import StartFailed

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "laptop"
    cloud.down(tmp_path / "laptop")


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments, "--home", str(home)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def mentions(home: Path) -> list[str]:
    """Command lines of living processes that belong to this run folder."""
    listed = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(home) in line and "ps -eo" not in line]


@pytest.mark.e2e
def test_up_run_and_down(own_home: Path) -> None:
    came_up = command(own_home, "up")
    assert came_up.returncode == 0, came_up.stderr
    known = endpoints.read(own_home)
    places = {"bucket", "state_machine_arn", "dead_letter_queue_url", "parameter_prefix"}
    assert set(known) == {"aws", "postgres", "snowflake", "vault"} | places
    again = command(own_home, "up")
    assert again.returncode == 0
    assert "Already up" in again.stderr
    assert endpoints.read(own_home) == known

    connection = psycopg2.connect(known["postgres"]["dsn"])
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE visits (id bigint PRIMARY KEY, seen timestamptz NOT NULL DEFAULT now())")
        cursor.execute("INSERT INTO visits SELECT i, now() - interval '1 hour' FROM generate_series(1, 10) i")
    connection.close()
    configured = [{"table_name": "public.visits", "watermark_col": "seen", "primary_key": "id"}]
    endpoints.aws_of(known).client("ssm").put_parameter(
        Name=f"{known['parameter_prefix']}/tables", Value=json.dumps(configured), Type="String", Overwrite=True
    )
    ran = command(own_home, "run", "--tables", "public.visits", "--json")
    told: dict[str, Any] = json.loads(ran.stdout)
    assert (ran.returncode, told["status"]) == (0, "SUCCEEDED"), told
    assert [(one["status"], one["merged"]) for one in told["tables"]] == [("LOADED", 10)]

    unknown = command(own_home, "run", "--tables", "public.nothing", "--json")
    assert unknown.returncode == 1
    assert json.loads(unknown.stdout)["status"] == "FAILED"

    aurora_data = (own_home / "aurora").resolve()
    assert command(own_home, "down").returncode == 0
    assert mentions(own_home) == []
    assert not own_home.exists()
    assert not aurora_data.exists()


def test_a_failed_start_leaves_nothing_running(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise StartFailed("vault ended while starting.")

    monkeypatch.setattr(cloud, "synthesize", lambda *_: own_home)
    monkeypatch.setattr(cloud, "start_vault", broken)
    said: list[str] = []
    with pytest.raises(StartFailed, match="vault ended"):
        cloud.up(own_home, said.append)
    assert any(line.startswith("Aurora") for line in said)
    assert mentions(own_home) == []
    assert processes.running(own_home) == []
    assert not (own_home / "endpoints.json").exists()
    assert not (own_home / "aurora").is_symlink()
    assert (own_home / "logs").is_dir()


def test_down_where_nothing_is_up_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    cloud.down(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_run_where_nothing_is_up_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotUp, match="python -m local up"):
        endpoints.read(tmp_path)
    ran = command(tmp_path, "run")
    assert ran.returncode == 1
    assert "python -m local up" in ran.stderr


def test_clouds_that_start_at_once_take_different_ports_for_vault() -> None:
    """Nothing listens there until Vault does; the other's Vault would answer in its place, with another's secrets."""
    with cloud.claimed_vault_port() as first, cloud.claimed_vault_port() as second:
        assert first != second
    with cloud.claimed_vault_port() as again:
        assert again == first

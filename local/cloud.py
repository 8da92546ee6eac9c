"""Bringing the laptop cloud up and down."""

import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from local import endpoints, processes
from local.aurora.server import DATABASE, MAX_FILE_BYTES, SYNC_ROLE, Aurora, remove_aurora, start_aurora
from local.aws.server import REGION, start_aws
from local.deploy import DeploymentFailed, deploy
from local.endpoints import Endpoints
from local.processes import StartFailed
from local.snowflake_account import bootstrap, start_warehouse
from local.snowpipe_queue import create_snowpipe_queue, queue_arn
from local.synth import SynthesisFailed, synthesize
from local.vault.server import start_vault

REPOSITORY = Path(__file__).parents[1]
BUILD = REPOSITORY / ".build"
STACK = "aurora-snowflake-sync"
_VAULT_SERVER_ID = "vault.laptop"
AURORA_SECRET, SNOWFLAKE_SECRET = f"{STACK}/aurora", f"{STACK}/snowflake"
# Vault's address is part of the template: the same port each time spares a synthesis.
_VAULT_PORTS = range(18200, 18300)
_PROCESSES = {"aws", "aurora", "aurora-uploader", "warehouse", "vault"}
_DATA = ("aws", "vault", "warehouse", "logs", "processes")

Say = Callable[[str], None]
P = ParamSpec("P")
R = TypeVar("R")


def up(home: Path, say: Say, wait_scale: float = 1.0, max_file_bytes: int = MAX_FILE_BYTES) -> Endpoints:
    """Starts everything and deploys the stack; where it is up already, deploys what changed.

    ``wait_scale`` multiplies the workflow's waits; an export is cut into files of about ``max_file_bytes``.

    Raises StartFailed, SynthesisFailed or DeploymentFailed, and then leaves nothing running.
    """
    home = home.resolve()
    if (home / "endpoints.json").exists():
        if not (ended := _PROCESSES - set(processes.running(home))):
            say(f"Already up in {home}; deploying what changed.")
            return _redeploy(home, say)
        say(f"{', '.join(sorted(ended))} had ended: starting everything anew, with no data.")
    down(home)
    try:
        return _start(home, say, wait_scale, max_file_bytes)
    except BaseException:
        _stop(home)
        raise


def down(home: Path) -> None:
    """Stops everything and removes its data; harmless when nothing is up."""
    home = home.resolve()
    _stop(home)
    for name in _DATA:
        shutil.rmtree(home / name, ignore_errors=True)
    if home.exists() and not any(home.iterdir()):
        home.rmdir()


def _stop(home: Path) -> None:
    """Ends the processes and removes what no longer holds; the logs stay."""
    processes.stop(home)
    remove_aurora(home)
    (home / "endpoints.json").unlink(missing_ok=True)


def _start(home: Path, say: Say, wait_scale: float, max_file_bytes: int) -> Endpoints:
    home.mkdir(parents=True, exist_ok=True)
    vault_port = _first_free(_VAULT_PORTS)
    with ThreadPoolExecutor() as pool:
        assembly = pool.submit(_timed(say, "Template synthesized", synthesize), REPOSITORY, BUILD, _context(vault_port))
        aws = _timed(say, "AWS", start_aws)(home, wait_scale)
        queue = create_snowpipe_queue(aws)
        starting_aurora = pool.submit(_timed(say, "Aurora PostgreSQL", start_aurora), home, aws, max_file_bytes)
        starting_warehouse = pool.submit(_timed(say, "Snowflake", start_warehouse), home, aws, queue)
        aurora, snowflake = starting_aurora.result(), starting_warehouse.result()
        secrets = {AURORA_SECRET: _aurora_secret(aurora), SNOWFLAKE_SECRET: snowflake}
        vault_url = _timed(say, "Vault", start_vault)(
            home, aws, secrets, STACK, f"{STACK}-*", _VAULT_SERVER_ID, port=vault_port
        )
        outputs = _timed(say, "Stack deployed", deploy)(aws, assembly.result(), STACK, BUILD / "zips")
    _timed(say, "Snowflake objects", bootstrap)(snowflake, outputs["StagingBucketName"])
    started = Endpoints(
        aws=vars(aws),
        postgres={"dsn": aurora.dsn()},
        snowflake=snowflake,
        vault={"url": vault_url},
        bucket=outputs["StagingBucketName"],
        state_machine_arn=outputs["StateMachineArn"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        parameter_prefix=outputs["ParameterPrefix"],
    )
    endpoints.write(home, started)
    return started


def _redeploy(home: Path, say: Say) -> Endpoints:
    known = endpoints.read(home)
    aws = endpoints.aws_of(known)
    vault_port = int(known["vault"]["url"].rsplit(":", 1)[1])
    assembly = _timed(say, "Template synthesized", synthesize)(REPOSITORY, BUILD, _context(vault_port))
    outputs = _timed(say, "Stack deployed", deploy)(aws, assembly, STACK, BUILD / "zips")
    bootstrap(known["snowflake"], outputs["StagingBucketName"])
    return known


def _context(vault_port: int) -> dict[str, Any]:
    """The CDK context of the laptop: its own addresses, its own machine, and short waits."""
    return {
        "stack_name": STACK,
        "lambda_python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "emulated": True,
        "lambda_architecture": "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
        "vault_url": f"http://127.0.0.1:{vault_port}",
        "vault_role": STACK,
        "vault_server_id": _VAULT_SERVER_ID,
        "vault_aurora_path": AURORA_SECRET,
        "vault_snowflake_path": SNOWFLAKE_SECRET,
        "snowpipe_queue_arn": queue_arn(REGION),
        "schedule_enabled": False,
        "fence_margin_seconds": 2,
        "load_timeout_seconds": 300,
        "load_poll_seconds": 1,
    }


def _aurora_secret(aurora: Aurora) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": aurora.port,
        "dbname": DATABASE,
        "user": SYNC_ROLE,
        "password": aurora.sync_password,
        "sslmode": "disable",
    }


def _first_free(ports: range) -> int:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartFailed(f"No port of {ports.start} to {ports.stop - 1} is free for Vault: end what listens there.")


def _timed(say: Say, name: str, work: Callable[P, R]) -> Callable[P, R]:
    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        began = time.monotonic()
        try:
            done = work(*args, **kwargs)
        except (StartFailed, SynthesisFailed, DeploymentFailed):
            raise
        except Exception as error:
            raise StartFailed(f"{name}: {type(error).__name__}: {error}") from error
        say(f"{name} ({time.monotonic() - began:.1f} s)")
        return done

    return timed

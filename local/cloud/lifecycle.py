"""Bringing the laptop cloud up and down."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from local import endpoints, processes
from local.aurora.server import DATABASE, MAX_FILE_BYTES, SYNC_ROLE, Aurora, remove_aurora, start_aurora
from local.aws.rds_cluster import create_cluster
from local.aws.server import Aws, start_aws
from local.cloud import cdk_deploy
from local.cloud.cdk_deploy import Cdk, as_deployer
from local.cloud.context import AURORA_SECRET, SNOWFLAKE_SECRET, STACK, VAULT_SERVER_ID, account_context, context
from local.cloud.deploy import DeploymentFailed, deploy
from local.cloud.snowflake_account import bootstrap, start_snowflake
from local.cloud.snowpipe_queue import create_snowpipe_queue
from local.cloud.synth import SynthesisFailed, synthesize
from local.endpoints import Endpoints
from local.processes import StartFailed
from local.vault.server import AwsRole, start_vault

REPOSITORY = Path(__file__).parents[2]
BUILD = REPOSITORY / ".build"
# Vault's address is part of the template: the same port each time spares a synthesis.
_VAULT_PORTS = range(18200, 18300)
_PROCESSES = {"aws", "aurora", "aurora-uploader", "snowflake", "vault"}
_DATA = ("aws", "cdk", "vault", "snowflake", "logs", "processes")

Report = Callable[[str], None]
P = ParamSpec("P")
R = TypeVar("R")


def up(
    home: Path, report: Report, wait_scale: float = 1.0, max_file_bytes: int = MAX_FILE_BYTES, *, by_cdk: bool = False
) -> Endpoints:
    """Starts everything and deploys the stack; where it is up already, deploys what changed.

    ``wait_scale`` multiplies the workflow's waits; an export is cut into files of about ``max_file_bytes``.
    ``by_cdk`` deploys by the CDK's command line into a bootstrapped account instead of by CloudFormation's API.

    Raises StartFailed, SynthesisFailed or DeploymentFailed, and then leaves nothing running.
    """
    home = home.resolve()
    if (home / "endpoints.json").exists():
        if not (ended := _PROCESSES - set(processes.running(home))):
            report(f"Already up in {home}; deploying what changed.")
            return _redeploy(home, report, by_cdk)
        report(f"{', '.join(sorted(ended))} had ended: starting everything again, without data.")
    down(home)
    try:
        return _start(home, report, wait_scale, max_file_bytes, by_cdk)
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
    """Ends the processes and removes their addresses and Aurora's data; the logs stay."""
    processes.stop(home)
    remove_aurora(home)
    (home / "endpoints.json").unlink(missing_ok=True)


def _start(home: Path, report: Report, wait_scale: float, max_file_bytes: int, by_cdk: bool) -> Endpoints:
    home.mkdir(parents=True, exist_ok=True)
    with claimed_vault_port() as vault_port, ThreadPoolExecutor() as pool:
        assembly = None if by_cdk else pool.submit(_synthesize, report, vault_port)
        aws = _timed(report, "AWS", start_aws)(home, wait_scale)
        queue = create_snowpipe_queue(aws)
        create_cluster(aws)
        starting_aurora = pool.submit(_timed(report, "Aurora PostgreSQL", start_aurora), home, aws, max_file_bytes)
        starting_snowflake = pool.submit(_timed(report, "Snowflake", start_snowflake), home, aws, queue)
        aurora, snowflake = starting_aurora.result(), starting_snowflake.result()
        secrets = {AURORA_SECRET: _aurora_secret(aurora), SNOWFLAKE_SECRET: snowflake}
        role = AwsRole(STACK, f"{STACK}-*", VAULT_SERVER_ID)
        vault_url = _timed(report, "Vault", start_vault)(home, aws, secrets, role, port=vault_port)
        if assembly is None:
            outputs = _deploy_by_cdk(report, _cdk(home, aws, vault_port))
        else:
            outputs = _deploy(report, aws, assembly.result())
    _timed(report, "Snowflake objects", bootstrap)(snowflake, outputs["StagingBucketName"])
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


def _redeploy(home: Path, report: Report, by_cdk: bool) -> Endpoints:
    known = endpoints.read(home)
    if by_cdk:
        outputs = _deploy_by_cdk(report, cdk_of(home))
    else:
        outputs = _deploy(report, endpoints.aws_of(known), _synthesize(report, _vault_port(known)))
    bootstrap(known["snowflake"], outputs["StagingBucketName"])
    return known


def _synthesize(report: Report, vault_port: int) -> Path:
    return _timed(report, "Template synthesized", synthesize)(REPOSITORY, BUILD, context(vault_port))


def _deploy(report: Report, aws: Aws, assembly: Path) -> dict[str, str]:
    return _timed(report, "Stack deployed", deploy)(aws, assembly, STACK, BUILD / "zips")


def _deploy_by_cdk(report: Report, administrator: Cdk) -> dict[str, str]:
    _timed(report, "cdk bootstrap", cdk_deploy.bootstrap)(administrator)
    return _timed(report, "cdk deploy", as_deployer(administrator).deploy)().outputs


def cdk_of(home: Path) -> Cdk:
    """The CDK's command line for the laptop cloud in this folder, as its administrator. Raises NotUp."""
    known = endpoints.read(home)
    return _cdk(home, endpoints.aws_of(known), _vault_port(known))


def _cdk(home: Path, aws: Aws, vault_port: int) -> Cdk:
    return Cdk(REPOSITORY, home.resolve(), aws, STACK, account_context(vault_port))


def _vault_port(known: Endpoints) -> int:
    return int(known["vault"]["url"].rsplit(":", 1)[1])


def _aurora_secret(aurora: Aurora) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": aurora.port,
        "dbname": DATABASE,
        "user": SYNC_ROLE,
        "password": aurora.sync_password,
        "sslmode": "disable",
    }


@contextmanager
def claimed_vault_port() -> Iterator[int]:
    """A port for Vault that no other cloud can take: each cloud claims it by binding a second port.

    Raises StartFailed where none is free.
    """
    for port in _VAULT_PORTS:
        with socket.socket() as claim, socket.socket() as probe:
            # Connections of a former Vault may still be closing, so only the probe may reuse its address.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                claim.bind(("127.0.0.1", port + len(_VAULT_PORTS)))
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            probe.close()
            yield port
            return
    last = _VAULT_PORTS.stop - 1
    raise StartFailed(f"No port of {_VAULT_PORTS.start} to {last} is free for Vault: end what listens there.")


def _timed(report: Report, name: str, work: Callable[P, R]) -> Callable[P, R]:
    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        began = time.monotonic()
        try:
            done = work(*args, **kwargs)
        except (StartFailed, SynthesisFailed, DeploymentFailed):
            raise
        except Exception as error:
            raise StartFailed(f"{name}: {type(error).__name__}: {error}") from error
        report(f"{name} ({time.monotonic() - began:.1f} s)")
        return done

    return timed

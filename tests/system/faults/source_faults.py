"""Faults of Aurora and Vault."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from psycopg2 import sql

from local.aurora.server import DATABASE, OWNER, SYNC_ROLE, restart_aurora
from local.aws.rds_cluster import replace_cluster
from local.cloud.context import AURORA_SECRET, SNOWFLAKE_SECRET
from local.vault.bao import DatabaseUsers
from operate.runs import Outcome
from tests.support.functions import settings
from tests.system.faults.cloud import WAIT_SCALE, until
from tests.system.faults.fault import Cause, Fault
from tests.system.faults.fault_table import FaultTable

_EXPORTING = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND usename = %s AND query LIKE %s"
_LOST_TRANSACTIONS = 200
_FAILOVER_SECONDS = 75
_READERS = ("watermark", "schema", "export", "reconcile")
_VAULTS_USERS = "SELECT DISTINCT usename::text FROM pg_stat_activity WHERE usename LIKE 'v-%'"


def aurora_faults() -> Iterator[Fault]:
    """A database that drops, cancels, restarts or is another one."""
    yield Fault("Aurora", "connection cut mid-export", "xmin", _mid_export("pg_terminate_backend"))
    yield Fault("Aurora", "statement cancelled mid-export", "timestamp", _mid_export("pg_cancel_backend"))
    yield Fault("Aurora", "restarted between fence and export", "integer", _restarted)
    yield Fault("Aurora", "restarted mid-export", "full_snapshot", _restarted_mid_export)
    yield Fault("Aurora", "a failover that takes longer than a minute", "composite", _long_failover)


def restore_faults() -> Iterator[Fault]:
    """Must be the last: the other tables are taken back as well."""
    for strategy in ("timestamp", "xmin"):
        yield Fault("Aurora", "replaced by a restored copy with lower transaction ids", strategy, _restored,
                   says="transaction ids went back")  # fmt: skip
    for strategy in ("xmin", "full_snapshot"):
        yield Fault("Aurora", "replaced by green, a restored copy that counts its own transactions", strategy, _green,
                   says="the cluster is another one")  # fmt: skip
    yield Fault("Aurora", "replaced by a restored copy between fence and export", "full_snapshot", _restored_mid_run,
               ("SUCCEEDED", "ReconciliationFailed"))  # fmt: skip


def vault_faults() -> Iterator[Fault]:
    """A vault that is sealed, hangs, or hands out what was rotated meanwhile."""
    yield Fault("Vault", "sealed for a moment", "timestamp", _sealed_for_a_moment)
    yield Fault("Vault", "sealed throughout", "xmin", _sealed, ("VaultUnavailable",))
    yield Fault("Vault", "hangs for longer than a request may take", "integer", _hangs)
    yield Fault("Vault", "token revoked between login and read", "composite", _revoked, ("AccessDenied",))
    yield Fault("Vault", "Aurora's password rotated, warm functions cut off", "full_snapshot", _rotated_aurora)
    yield Fault("Vault", "Aurora's password rotated before the secret", "timestamp", _rotated_late, ("AccessDenied",))
    yield Fault("Vault", "user dropped while its containers were frozen", "composite", _dropped_users)
    yield Fault("Vault", "Snowflake's credentials rotated, warm sessions dropped", "xmin", _rotated_snowflake)


def _mid_export(function: str) -> Cause:
    def run(tested: FaultTable) -> Outcome:
        with tested.cloud.stopped("aurora-uploader"):
            arn = tested.start()
            pid = _exporting(tested)
            tested.laptop.sql(f"SELECT {function}(%s)", pid)
            time.sleep(0.3)
        return tested.ended(arn)

    return run


def _exporting(tested: FaultTable) -> int:
    pattern = f"%query_export_to_s3%{tested.name}%"
    return int(until(lambda: tested.laptop.sql(_EXPORTING, SYNC_ROLE, pattern), "an export")[0][0])


def _restarted(tested: FaultTable) -> Outcome:
    hold = tested.hold("export.before")
    arn = tested.start()
    hold.event()
    _restart(tested)
    hold.go()
    return tested.ended(arn)


def _restarted_mid_export(tested: FaultTable) -> Outcome:
    with tested.cloud.stopped("aurora-uploader"):
        arn = tested.start()
        _exporting(tested)
        _restart(tested)
    return tested.ended(arn)


def _restart(tested: FaultTable, meanwhile: Callable[[Path], object] = lambda _: None) -> None:
    restart_aurora(tested.cloud.home, tested.laptop.known["postgres"]["dsn"], meanwhile)


def _long_failover(tested: FaultTable) -> Outcome:
    hold = tested.hold("schema.before")
    arn = tested.start()
    hold.event()

    def away(_: Path) -> None:
        hold.go()
        time.sleep(_FAILOVER_SECONDS * WAIT_SCALE)

    _restart(tested, away)
    return tested.ended(arn)


def _backed_up(tested: FaultTable) -> tuple[Path, int]:
    """A copy of the cluster as it is now, after which more is committed and synced, which the copy lacks."""
    copy, generation = tested.cloud.home / "restored", tested.generation
    shutil.rmtree(copy, ignore_errors=True)
    _restart(tested, lambda data: subprocess.run(["cp", "-a", data, copy], check=True))
    connection = tested.laptop.connect()
    with connection.cursor() as cursor:
        for _ in range(_LOST_TRANSACTIONS):
            cursor.execute("SELECT pg_current_xact_id()")
    connection.close()
    tested.change()
    assert tested.run().succeeded
    return copy, generation


def _restore(tested: FaultTable, copy: Path, generation: int) -> None:
    def replace(data: Path) -> None:
        shutil.rmtree(data)
        subprocess.run(["cp", "-a", copy, data], check=True)

    tested.roll_back_to(generation)
    _restart(tested, replace)


def _restored(tested: FaultTable) -> Outcome:
    _restore(tested, *_backed_up(tested))
    return tested.run()


def _restored_mid_run(tested: FaultTable) -> Outcome:
    copy, generation = _backed_up(tested)
    tested.change()
    hold = tested.hold("export.before")
    arn = tested.start()
    hold.event()
    _restore(tested, copy, generation)
    hold.go()
    return tested.ended(arn)


def _green(tested: FaultTable) -> Outcome:
    """Blue's last change after its last sync arrives in green under a transaction id that blue had passed before."""
    copy, generation = _backed_up(tested)
    replace_cluster(tested.laptop.aws)
    _restore(tested, copy, generation)
    tested.change()
    tested.change()
    connection = tested.laptop.connect()
    with connection.cursor() as cursor:
        for _ in range(2 * _LOST_TRANSACTIONS):
            cursor.execute("SELECT pg_current_xact_id()")
    connection.close()
    return tested.run()


def _sealed_for_a_moment(tested: FaultTable) -> Outcome:
    tested.cloud.vault_fault(sealed=True)
    try:
        tested.cloud.forget_sessions("schema")
        arn = tested.start()
        until(lambda: tested.state(arn) == "Schema", "the state Schema")
        time.sleep(2)
    finally:
        tested.cloud.vault_fault(sealed=False)
    return tested.ended(arn)


def _sealed(tested: FaultTable) -> Outcome:
    tested.cloud.vault_fault(sealed=True)
    try:
        tested.cloud.forget_sessions("merge")
        return tested.run()
    finally:
        tested.cloud.vault_fault(sealed=False)


def _hangs(tested: FaultTable) -> Outcome:
    tested.cloud.forget_sessions("export")
    with tested.cloud.stopped("vault"):
        arn = tested.start()
        until(lambda: tested.state(arn) == "Export", "the state Export")
        time.sleep(11)
    return tested.ended(arn)


def _revoked(tested: FaultTable) -> Outcome:
    tested.cloud.forget_sessions("export")
    # Not before: Progress may read its secret anew, and its failure is none.
    hold = tested.hold("watermark.after")
    arn = tested.start()
    hold.event()
    tested.cloud.vault_fault(refused_reads=1)
    hold.go()
    return tested.ended(arn)


def _rotate_aurora(tested: FaultTable) -> str:
    password = secrets.token_urlsafe(12)
    change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SYNC_ROLE), sql.Literal(password))
    connection = tested.laptop.connect()
    with connection.cursor() as cursor:
        cursor.execute(change)
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (SYNC_ROLE,))
    connection.close()
    return password


def _tell_vault(tested: FaultTable, password: str) -> None:
    port = int(tested.laptop.known["postgres"]["dsn"].rsplit(":", 1)[1].split("/")[0])
    secret = {"host": "127.0.0.1", "port": port, "dbname": "app", "user": SYNC_ROLE, "password": password}
    tested.cloud.vault_fault(secrets={AURORA_SECRET: {**secret, "sslmode": "disable"}})


def _rotated_aurora(tested: FaultTable) -> Outcome:
    hold = tested.hold("export.before")
    arn = tested.start()
    hold.event()
    _tell_vault(tested, _rotate_aurora(tested))
    hold.go()
    return tested.ended(arn)


def _rotated_late(tested: FaultTable) -> Outcome:
    password = _rotate_aurora(tested)
    try:
        return tested.run()
    finally:
        _tell_vault(tested, password)


def _dropped_users(tested: FaultTable) -> Outcome:
    """Warm containers keep their sessions as users of Vault's database engine, whose time ends meanwhile."""
    dsn = urlsplit(tested.laptop.known["postgres"]["dsn"])
    at = f"127.0.0.1:{dsn.port}/{DATABASE}?sslmode=disable"
    users = DatabaseUsers(
        f"postgresql://{{{{username}}}}:{{{{password}}}}@{at}", OWNER, str(dsn.password), "sync", SYNC_ROLE
    )
    tested.cloud.vault_fault(users=asdict(users))
    variables = {"VAULT_AURORA_LOGIN_PATH": "database/creds/sync", "STATEMENT_SECONDS": "60"}
    with ExitStack() as undo:
        for step in _READERS:
            undo.enter_context(settings(tested.laptop, step, variables))
        assert tested.run().succeeded
        tested.change()
        made = tested.laptop.sql(_VAULTS_USERS)
        assert len(made) >= len(_READERS)
        for (name,) in made:
            tested.laptop.sql(f'DROP ROLE "{name}"')
        return tested.run()


def _rotated_snowflake(tested: FaultTable) -> Outcome:
    known = tested.laptop.known["snowflake"]
    hold = tested.hold("merge.before")
    arn = tested.start()
    hold.event()
    password = secrets.token_urlsafe(12)
    tested.cloud.snowflake_fault(password=password, drop_sessions=True)
    known["password"] = password
    tested.cloud.vault_fault(secrets={SNOWFLAKE_SECRET: known})
    hold.go()
    return tested.ended(arn)

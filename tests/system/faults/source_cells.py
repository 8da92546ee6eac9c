"""Faults of Aurora and Vault."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from psycopg2 import sql

from local.aurora.server import SYNC_ROLE, restart_aurora
from local.cloud.context import AURORA_SECRET, SNOWFLAKE_SECRET
from operate.runs import Outcome
from tests.system.faults.bench import until
from tests.system.faults.cell import Cell, Play
from tests.system.faults.scene import Scene

_EXPORTING = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND usename = %s AND query LIKE %s"
_LOST_TRANSACTIONS = 200


def aurora_cells() -> Iterator[Cell]:
    """A database that drops, cancels, restarts or is another one."""
    yield Cell("Aurora", "connection cut mid-export", "xmin", _mid_export("pg_terminate_backend"))
    yield Cell("Aurora", "statement cancelled mid-export", "timestamp", _mid_export("pg_cancel_backend"))
    yield Cell("Aurora", "restarted between fence and export", "integer", _restarted)
    yield Cell("Aurora", "restarted mid-export", "full_snapshot", _restarted_mid_export)


def restore_cells() -> Iterator[Cell]:
    """Must be the last: the other tables are taken back as well."""
    for strategy in ("timestamp", "xmin"):
        yield Cell("Aurora", "replaced by a restored copy with lower transaction ids", strategy, _restored,
                   says="transaction ids went back")  # fmt: skip
    yield Cell("Aurora", "replaced by a restored copy between fence and export", "full_snapshot", _restored_mid_run,
               ("SUCCEEDED", "ReconciliationFailed"))  # fmt: skip


def vault_cells() -> Iterator[Cell]:
    """A vault that is sealed, hangs, or hands out what was rotated meanwhile."""
    yield Cell("Vault", "sealed for a moment", "timestamp", _sealed_for_a_moment)
    yield Cell("Vault", "sealed throughout", "xmin", _sealed, ("VaultUnavailable",))
    yield Cell("Vault", "hangs for longer than a request may take", "integer", _hangs)
    yield Cell("Vault", "token revoked between login and read", "composite", _revoked, ("AccessDenied",))
    yield Cell("Vault", "Aurora's password rotated, warm functions cut off", "full_snapshot", _rotated_aurora)
    yield Cell("Vault", "Aurora's password rotated before the secret", "timestamp", _rotated_late, ("AccessDenied",))
    yield Cell("Vault", "Snowflake's credentials rotated, warm sessions dropped", "xmin", _rotated_snowflake)


def _mid_export(function: str) -> Play:
    def play(scene: Scene) -> Outcome:
        with scene.bench.stopped("aurora-uploader"):
            arn = scene.start()
            pid = _exporting(scene)
            scene.laptop.sql(f"SELECT {function}(%s)", pid)
            time.sleep(0.3)
        return scene.ended(arn)

    return play


def _exporting(scene: Scene) -> int:
    pattern = f"%query_export_to_s3%{scene.name}%"
    return int(until(lambda: scene.laptop.sql(_EXPORTING, SYNC_ROLE, pattern), "an export")[0][0])


def _restarted(scene: Scene) -> Outcome:
    hold = scene.hold("export.before")
    arn = scene.start()
    hold.event()
    _restart(scene)
    hold.go()
    return scene.ended(arn)


def _restarted_mid_export(scene: Scene) -> Outcome:
    with scene.bench.stopped("aurora-uploader"):
        arn = scene.start()
        _exporting(scene)
        _restart(scene)
    return scene.ended(arn)


def _restart(scene: Scene, meanwhile: Callable[[Path], object] = lambda _: None) -> None:
    restart_aurora(scene.bench.home, scene.laptop.known["postgres"]["dsn"], meanwhile)


def _backed_up(scene: Scene) -> tuple[Path, int]:
    """A copy of the cluster as it is now, after which more is committed and synced, which the copy lacks."""
    copy, generation = scene.bench.home / "restored", scene.generation
    shutil.rmtree(copy, ignore_errors=True)
    _restart(scene, lambda data: subprocess.run(["cp", "-a", data, copy], check=True))
    connection = scene.laptop.connect()
    with connection.cursor() as cursor:
        for _ in range(_LOST_TRANSACTIONS):
            cursor.execute("SELECT pg_current_xact_id()")
    connection.close()
    scene.change()
    assert scene.run().succeeded
    return copy, generation


def _restore(scene: Scene, copy: Path, generation: int) -> None:
    def replace(data: Path) -> None:
        shutil.rmtree(data)
        subprocess.run(["cp", "-a", copy, data], check=True)

    scene.roll_back_to(generation)
    _restart(scene, replace)


def _restored(scene: Scene) -> Outcome:
    _restore(scene, *_backed_up(scene))
    return scene.run()


def _restored_mid_run(scene: Scene) -> Outcome:
    copy, generation = _backed_up(scene)
    scene.change()
    hold = scene.hold("export.before")
    arn = scene.start()
    hold.event()
    _restore(scene, copy, generation)
    hold.go()
    return scene.ended(arn)


def _sealed_for_a_moment(scene: Scene) -> Outcome:
    scene.bench.vault_fault(sealed=True)
    try:
        scene.bench.forget_sessions("schema")
        arn = scene.start()
        until(lambda: scene.state(arn) == "Schema", "the state Schema")
        time.sleep(2)
    finally:
        scene.bench.vault_fault(sealed=False)
    return scene.ended(arn)


def _sealed(scene: Scene) -> Outcome:
    scene.bench.vault_fault(sealed=True)
    try:
        scene.bench.forget_sessions("merge")
        return scene.run()
    finally:
        scene.bench.vault_fault(sealed=False)


def _hangs(scene: Scene) -> Outcome:
    scene.bench.forget_sessions("export")
    with scene.bench.stopped("vault"):
        arn = scene.start()
        until(lambda: scene.state(arn) == "Export", "the state Export")
        time.sleep(11)
    return scene.ended(arn)


def _revoked(scene: Scene) -> Outcome:
    scene.bench.forget_sessions("export")
    scene.bench.vault_fault(refused_reads=1)
    return scene.run()


def _rotate_aurora(scene: Scene) -> str:
    password = secrets.token_urlsafe(12)
    change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SYNC_ROLE), sql.Literal(password))
    connection = scene.laptop.connect()
    with connection.cursor() as cursor:
        cursor.execute(change)
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (SYNC_ROLE,))
    connection.close()
    return password


def _tell_vault(scene: Scene, password: str) -> None:
    port = int(scene.laptop.known["postgres"]["dsn"].rsplit(":", 1)[1].split("/")[0])
    secret = {"host": "127.0.0.1", "port": port, "dbname": "app", "user": SYNC_ROLE, "password": password}
    scene.bench.vault_fault(secrets={AURORA_SECRET: {**secret, "sslmode": "disable"}})


def _rotated_aurora(scene: Scene) -> Outcome:
    hold = scene.hold("export.before")
    arn = scene.start()
    hold.event()
    _tell_vault(scene, _rotate_aurora(scene))
    hold.go()
    return scene.ended(arn)


def _rotated_late(scene: Scene) -> Outcome:
    password = _rotate_aurora(scene)
    try:
        return scene.run()
    finally:
        _tell_vault(scene, password)


def _rotated_snowflake(scene: Scene) -> Outcome:
    known = scene.laptop.known["snowflake"]
    hold = scene.hold("merge.before")
    arn = scene.start()
    hold.event()
    password = secrets.token_urlsafe(12)
    scene.bench.snowflake_fault(password=password, drop_sessions=True)
    known["password"] = password
    scene.bench.vault_fault(secrets={SNOWFLAKE_SECRET: known})
    hold.go()
    return scene.ended(arn)

"""The fence: nothing below it can still commit; where none exists, nothing may be read."""

import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import psycopg2
import pytest

from functions.shared.aurora.fence import VERSION, Fence, read_fence
from functions.shared.aurora.login import APPLICATION
from functions.shared.aurora.session import AuroraSession
from functions.shared.ground.errors import FenceRefused, SourceUnavailable
from local import processes
from local.aurora.binaries import find_binaries, unprivileged_account
from local.aurora.server import SYNC_ROLE
from local.aurora.server import Aurora as LocalAurora
from local.processes import Process, free_port
from tests.support.guards import module_without

MARGIN = 0.2


def version(source: AuroraSession) -> int:
    return int(source.row(f"SELECT {VERSION} AS version")["version"])


def test_without_open_transactions_the_fence_is_the_clock_less_the_margin(source: AuroraSession) -> None:
    fence = read_fence(source, "t", 5, watermark=True)
    assert timedelta(seconds=4.99) < fence.clock - fence.moment < timedelta(seconds=5.1)


def test_an_older_open_transaction_holds_the_fence(source: AuroraSession, session: Any) -> None:
    session.execute("SELECT now()")
    began = session.fetchone()[0]
    time.sleep(MARGIN + 0.1)
    assert read_fence(source, "t", MARGIN, watermark=True).moment == began
    session.connection.commit()
    assert read_fence(source, "t", MARGIN, watermark=True).moment > began


def test_a_transaction_that_wrote_holds_the_horizon_until_it_ends(
    source: AuroraSession, owner: Any, session: Any, schema: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int)")
    session.execute(f"INSERT INTO {schema}.t VALUES (1)")
    session.execute("SELECT pg_current_xact_id()::text::bigint")
    own = session.fetchone()[0]
    owner.execute(f"INSERT INTO {schema}.t VALUES (2)")
    assert read_fence(source, "t", MARGIN, watermark=False).horizon == own
    session.connection.commit()
    assert read_fence(source, "t", MARGIN, watermark=False).horizon > own


def test_the_syncs_own_sessions_do_not_hold_the_fence(source: AuroraSession, server: LocalAurora) -> None:
    exporting = psycopg2.connect(server.dsn(SYNC_ROLE), application_name=APPLICATION)
    exporting.cursor().execute("SELECT 1")
    time.sleep(MARGIN + 0.1)
    fence = read_fence(source, "t", MARGIN, watermark=True)
    exporting.close()
    assert fence.clock - fence.moment < timedelta(seconds=MARGIN + 0.05)


@pytest.mark.parametrize("name", ["someone", APPLICATION])
def test_other_users_hold_it_whatever_they_call_themselves(
    source: AuroraSession, server: LocalAurora, name: str
) -> None:
    other = psycopg2.connect(server.dsn(), application_name=name)
    other.cursor().execute("SELECT 1")
    time.sleep(MARGIN + 0.1)
    fence = read_fence(source, "t", MARGIN, watermark=True)
    other.close()
    assert fence.clock - fence.moment > timedelta(seconds=MARGIN + 0.05)


def test_another_databases_transactions_do_not_hold_the_moment(source: AuroraSession, server: LocalAurora) -> None:
    elsewhere = psycopg2.connect(server.dsn().replace("/app", "/postgres"))
    elsewhere.cursor().execute("SELECT now()")
    time.sleep(MARGIN + 0.1)
    fence = read_fence(source, "t", MARGIN, watermark=True)
    elsewhere.close()
    assert fence.clock - fence.moment < timedelta(seconds=MARGIN + 0.05)


def test_without_the_right_to_see_transactions_it_is_refused_for_watermarks_only(
    source: AuroraSession, owner: Any
) -> None:
    owner.execute(f"REVOKE pg_monitor FROM {SYNC_ROLE}")
    try:
        with pytest.raises(FenceRefused, match=rf"^public.orders: .*GRANT pg_monitor TO {SYNC_ROLE}$"):
            read_fence(source, "public.orders", 5, watermark=True)
        assert read_fence(source, "public.orders", 5, watermark=False).horizon
    finally:
        owner.execute(f"GRANT pg_monitor TO {SYNC_ROLE}")


def test_without_that_right_the_fence_would_pass_an_open_transaction(
    source: AuroraSession, owner: Any, session: Any
) -> None:
    """The damage that the refusal prevents."""
    session.execute("SELECT now()")
    began = session.fetchone()[0]
    time.sleep(MARGIN + 0.1)
    owner.execute(f"REVOKE pg_monitor FROM {SYNC_ROLE}")
    try:
        assert read_fence(source, "t", MARGIN, watermark=False).moment > began
    finally:
        owner.execute(f"GRANT pg_monitor TO {SYNC_ROLE}")


@pytest.fixture(scope="module")
def standby(server: LocalAurora, home: Path) -> str:
    """The DSN of a second server made from a backup of the first: a replica until it is promoted."""
    account = unprivileged_account()
    primary, copy = server.spool.parent / "data", server.spool.parent / "standby"
    with psycopg2.connect(server.dsn()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backup_start('standby', true)")
        shutil.copytree(primary, copy, ignore=lambda _, names: [n for n in names if n in ("pg_wal", "postmaster.pid")])
        cursor.execute("SELECT labelfile FROM pg_backup_stop(false)")
        (copy / "backup_label").write_text(cursor.fetchone()[0])
    connection.close()
    shutil.copytree(primary / "pg_wal", copy / "pg_wal")
    (copy / "standby.signal").touch()
    with (copy / "postgresql.conf").open("a") as settings:
        settings.write("max_prepared_transactions = 4\n")
    for path in [copy, *copy.rglob("*")]:
        if account:
            shutil.chown(path, account)
    copy.chmod(0o700)
    port = free_port()
    binaries = find_binaries(account, server.spool.parent / "binaries")
    command = [str(binaries / "postgres"), "-D", str(copy), "-p", str(port)]
    processes.start(home, Process("standby", command, working_folder=copy, user=account, stop_signal=signal.SIGINT))
    dsn = server.dsn(SYNC_ROLE).replace(f":{server.port}/", f":{port}/")
    processes.wait_until(home, "standby", lambda: psycopg2.connect(dsn) is not None)
    return dsn


def connected(dsn: str) -> AuroraSession:
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return AuroraSession(connection)


def test_a_replica_may_be_a_failover_and_prepared_transactions_are_refused_once_it_is_the_writer(
    standby: str, server: LocalAurora
) -> None:
    replica = connected(standby)
    for watermark in (True, False):
        with pytest.raises(SourceUnavailable, match=r"^public.orders: .*replica.*writer endpoint"):
            read_fence(replica, "public.orders", 5, watermark)

    promoted = connected(
        standby.replace(server.sync_password, server.owner_password).replace(SYNC_ROLE, "aurora_owner")
    )
    assert promoted.row("SELECT pg_promote() AS done")["done"]
    assert read_fence(replica, "public.orders", 5, watermark=True).horizon

    writer = promoted._connection
    writer.autocommit = False
    writer.cursor().execute("CREATE TABLE prepared_rows (a int)")
    writer.cursor().execute("PREPARE TRANSACTION 'pending'")
    with pytest.raises(FenceRefused, match=r"^public.orders: 1 prepared transactions .*pg_prepared_xacts"):
        read_fence(replica, "public.orders", 5, watermark=True)
    held = read_fence(replica, "public.orders", 5, watermark=False).horizon
    writer.rollback()
    writer.autocommit = True
    writer.cursor().execute("COMMIT PREPARED 'pending'")
    assert read_fence(replica, "public.orders", 5, watermark=True).horizon > held
    for aurora in (replica, promoted):
        aurora._connection.close()


def test_the_version_is_equal_while_nothing_commits(source: AuroraSession, session: Any) -> None:
    session.execute("SELECT 1")
    assert version(source) == version(source)
    before = version(source)
    session.execute("SELECT pg_current_xact_id()")
    assert version(source) == before  # a transaction that only began is in no snapshot


def test_every_commit_raises_the_version_savepoints_included(
    source: AuroraSession, owner: Any, session: Any, schema: str
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (a int)")
    seen = [version(source)]
    for number in range(5):
        session.execute(f"INSERT INTO {schema}.t VALUES (0)")
        for point in range(number):
            session.execute(f"SAVEPOINT s{point}; INSERT INTO {schema}.t VALUES ({point})")
            if point % 2:
                session.execute(f"ROLLBACK TO SAVEPOINT s{point}")
        owner.execute(f"INSERT INTO {schema}.t VALUES (1)")
        seen.append(version(source))
        session.connection.commit()
        seen.append(version(source))
    assert seen == sorted(set(seen))


def test_the_highest_transaction_alone_would_call_two_snapshots_equal(
    source: AuroraSession, owner: Any, session: Any, schema: str
) -> None:
    """Why those still running are subtracted."""
    highest = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax"
    owner.execute(f"CREATE TABLE {schema}.t (a int)")
    session.execute(f"INSERT INTO {schema}.t VALUES (1)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (2)")
    before = source.row(highest)["xmax"], version(source)
    session.connection.commit()
    after = source.row(highest)["xmax"], version(source)
    assert before[0] == after[0]
    assert before[1] < after[1]


def test_a_snapshot_with_more_rows_has_a_higher_version_under_concurrent_writers(
    source: AuroraSession, owner: Any, server: LocalAurora, schema: str
) -> None:
    """Every commit adds a row, so the count of rows orders the snapshots; the version must order them alike."""
    owner.execute(f"CREATE TABLE {schema}.t (a int)")
    until = time.monotonic() + 1.5

    def write(seed: int) -> None:
        random = Random(seed)
        connection = psycopg2.connect(server.dsn())
        cursor = connection.cursor()
        while time.monotonic() < until:
            cursor.execute(f"INSERT INTO {schema}.t VALUES (1)")
            for _ in range(random.choice([0, 0, 1, 3])):
                cursor.execute(f"SAVEPOINT s; INSERT INTO {schema}.t VALUES (2)")
                cursor.execute(random.choice(["RELEASE s", "ROLLBACK TO s"]))
            time.sleep(random.random() / 200)
            connection.commit() if random.random() < 0.8 else connection.rollback()
        connection.close()

    seen: list[tuple[int, int]] = []
    query = f"SELECT {VERSION} AS version, (SELECT count(*) FROM {schema}.t) AS rows"
    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, seed) for seed in range(6)]
        while time.monotonic() < until:
            row = source.row(query)
            seen.append((row["version"], row["rows"]))
        for writer in writers:
            writer.result()
    assert len({rows for _, rows in seen}) > 50
    for (earlier, fewer), (later, more) in pairwise(seen):
        assert later >= earlier
        assert (later > earlier) if more != fewer else True


def fences_while_it_runs(
    source: AuroraSession, server: LocalAurora, message: str, *margins: float
) -> tuple[datetime, dict[float, list[Fence]], int]:
    """Sends a message that ends with a SELECT of now() and clock_timestamp(), and reads fences until it has ended.

    Returns the message's arrival, the fences of each margin that were read before its end, and how often the server
    showed its session as active in no transaction.
    """
    connection = psycopg2.connect(server.dsn())
    connection.autocommit = True
    cursor = connection.cursor()
    pid = connection.info.backend_pid
    gap = "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND xact_start IS NULL"
    fences: dict[float, list[Fence]] = {margin: [] for margin in margins}
    gaps = 0
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(cursor.execute, message)
        while not sent.done():
            for margin in margins:
                fences[margin].append(read_fence(source, "t", margin, watermark=True))
            gaps += source.row(gap, [pid])["n"]
        sent.result()
    [(arrived, ended)] = cursor.fetchall()
    connection.close()
    # A fence certainly saw the message running if the one after it was begun before the end.
    during = {m: [fence for fence, later in pairwise(read) if later.clock <= ended] for m, read in fences.items()}
    return arrived, during, gaps


def test_a_message_of_several_transactions_holds_the_fence_between_them(
    source: AuroraSession, server: LocalAurora
) -> None:
    """They all take the message's arrival as now(), but between two of them the server shows no open transaction."""
    message = "BEGIN; COMMIT;" * 200_000 + "SELECT now(), clock_timestamp()"
    arrived, fences, gaps = fences_while_it_runs(source, server, message, MARGIN)
    assert gaps > 3  # else there was nothing to see
    assert any(fence.clock > arrived + timedelta(seconds=MARGIN) for fence in fences[MARGIN])
    assert [fence for fence in fences[MARGIN] if fence.moment > arrived] == []


def test_the_margin_covers_a_message_that_is_not_yet_shown(source: AuroraSession, server: LocalAurora) -> None:
    """The server takes a message's time, then checks its encoding, and only then shows that its session is active."""
    message = "/* " + "ä" * 50_000_000 + " */ SELECT now(), clock_timestamp()"
    arrived, fences, _ = fences_while_it_runs(source, server, message, 0, 5)
    assert [fence for fence in fences[0] if fence.moment > arrived]  # the damage without a margin
    assert [fence for fence in fences[5] if fence.moment > arrived] == []


def test_a_session_that_hides_its_transactions_is_refused(source: AuroraSession, session: Any) -> None:
    session.execute("SET track_activities = off")
    session.connection.commit()
    session.execute("SELECT now()")
    began = session.fetchone()[0]
    time.sleep(MARGIN + 0.1)
    with pytest.raises(FenceRefused, match=r"^public.orders: 1 sessions .*track_activities = on"):
        read_fence(source, "public.orders", MARGIN, watermark=True)
    unguarded = read_fence(source, "public.orders", MARGIN, watermark=False)
    assert unguarded.moment > began  # the damage that the refusal prevents
    session.connection.rollback()


@pytest.fixture
def limitless(owner: Any) -> Iterator[None]:
    """The view by which a Limitless database shows the transactions of all of its routers."""
    owner.execute("CREATE SCHEMA rds_aurora; CREATE VIEW rds_aurora.limitless_stat_activity AS SELECT 1 AS pid")
    yield
    owner.execute("DROP SCHEMA rds_aurora CASCADE")


@pytest.mark.usefixtures("limitless")
@pytest.mark.parametrize("watermark", [True, False])
def test_a_limitless_database_is_refused(source: AuroraSession, watermark: bool) -> None:
    with pytest.raises(FenceRefused, match=r"^public.orders: its cluster is an Aurora Limitless database"):
        read_fence(source, "public.orders", MARGIN, watermark)


@pytest.mark.usefixtures("limitless")
def test_without_that_guard_a_router_would_be_taken_for_the_whole_cluster(source: AuroraSession) -> None:
    unguarded = module_without("transactions-of-other-routers")
    fence = unguarded.read_fence(source, "public.orders", MARGIN, watermark=True)
    assert fence.clock - fence.moment < timedelta(seconds=MARGIN + 0.05)

"""The fence: a moment, and a transaction id, below which nothing can still commit.

It is read on the writer in a separate autocommit statement, before the snapshot that exports: a fence taken with or
after that snapshot misses the transactions that commit in between.
"""

from dataclasses import dataclass
from datetime import datetime

from functions.shared.aurora.login import APPLICATION, GROUP_ROLE, grantee
from functions.shared.aurora.session import AuroraSession
from functions.shared.ground.errors import FenceRefused, SourceUnavailable

# A snapshot's version is the number of transactions that are complete in it (all below xmax, less those still running),
# so a later snapshot that differs has a higher version.
VERSION = """
(pg_snapshot_xmax(pg_current_snapshot())::text::numeric
 - (SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot())))::bigint
"""
# No transaction that is still open has an id below it.
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"  # guard: open-transaction-id-passed
# The sync's own sessions only read, so they are left out; Vault makes a new user for each, all of one group role.
# Transactions of one message all have its arrival as their now(), but between two of them xact_start is NULL.
# pg_stat_activity shows a message some milliseconds after its arrival: the margin covers them.
_FENCE = rf"""
SELECT clock_timestamp() AS clock,
       least(clock_timestamp() - make_interval(secs => %(margin)s), (
           SELECT min(coalesce(xact_start, CASE WHEN state = 'active' AND backend_type = 'client backend'
                                                THEN query_start END)) FROM pg_stat_activity
           WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND pid <> pg_backend_pid() AND backend_type NOT IN ('walsender', 'autovacuum worker')
             AND NOT (application_name = %(own)s AND (usename = current_user OR usesysid IN (
                 SELECT theirs.member FROM pg_auth_members theirs JOIN pg_auth_members ours USING (roleid)
                 WHERE pg_get_userbyid(ours.member) = current_user
                   AND pg_get_userbyid(roleid) NOT LIKE 'pg\_%%'))))) AS moment,
       {_HORIZON} AS horizon,
       {VERSION} AS version,
       pg_is_in_recovery() AS replica,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
       current_user::text AS role, {GROUP_ROLE} AS group_role,
       (SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'disabled') AS hidden,
       (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) AS prepared,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'rds_aurora' AND c.relname = 'limitless_stat_activity') AS limitless
"""


@dataclass(frozen=True)
class Fence:
    """Rows with a watermark below `moment` (timestamptz) and rows written by transactions below `horizon` (a 64-bit
    id) are complete. `clock` is Aurora's time of reading.

    `version` orders the fence among all snapshots of the cluster.
    """

    clock: datetime
    moment: datetime
    horizon: int
    version: int


def read_fence(aurora: AuroraSession, table: str, margin_seconds: float, watermark: bool) -> Fence:
    """Reads the fence; `watermark` is true where `moment` is compared with values assigned at a transaction's start.

    Raises SourceUnavailable on a replica. Raises FenceRefused where no safe fence exists: in a Limitless database,
    without pg_read_all_stats, while a session has track_activities off, or while prepared transactions (which outlive
    their session) could still commit older values.
    """
    values = {
        "margin": margin_seconds,  # guard: value-just-behind-the-clock
        "own": APPLICATION,
    }
    row = aurora.row(_FENCE, values)
    if row["replica"]:
        # Transient: during a failover the writer's name leads to the former writer for some seconds.
        raise SourceUnavailable(
            f"{table}: Aurora's endpoint leads to a replica, which does not see the transactions still open on the "
            "writer; a retry connects again, and if it goes on after a failover is over, put the cluster's writer "
            "endpoint into Vault's secret"
        )
    if row["limitless"]:  # guard: transactions-of-other-routers
        raise FenceRefused(
            f"{table}: its cluster is an Aurora Limitless database, where each router sees its own transactions alone, "
            "so late commits would be lost; take the table out of the list: Limitless is not supported"
        )
    if watermark and not row["sees_all"]:
        raise FenceRefused(
            f"{table}: role {row['role']} cannot see when other sessions' transactions began, so late commits would be "
            f"lost; run GRANT pg_monitor TO {grantee(row['role'], row['group_role'])}"
        )
    if watermark and row["hidden"]:
        raise FenceRefused(
            f"{table}: {row['hidden']} sessions of its database hide when their transactions began, so late commits "
            "would be lost; set track_activities = on wherever it is off (see pg_db_role_setting), then reconnect them"
        )
    if watermark and row["prepared"]:
        raise FenceRefused(
            f"{table}: {row['prepared']} prepared transactions may still commit older rows; commit or roll them back "
            "(see pg_prepared_xacts), then re-run"
        )
    return Fence(
        clock=row["clock"],
        moment=row["moment"],  # guard: open-transaction-time-passed
        horizon=row["horizon"],
        version=row["version"],
    )

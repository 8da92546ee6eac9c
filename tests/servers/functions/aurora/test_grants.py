"""Every grant that docs/deploy.md asks for in Aurora, run by a master user as Aurora makes it, is enough for the sync.

Aurora's master is no superuser: it may create roles, and is a member of rds_superuser, which may hand on pg_monitor.
Tried on the system's PostgreSQL and on the embedded one, which are 15 and 18 where this was written.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from functions.shared.access import vault
from functions.shared.aurora import session as aurora
from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.fence import read_fence
from functions.shared.contract.spec import parse_spec
from functions.shared.ground.errors import AccessDenied
from local import processes
from local.aurora import server as laptop
from local.aurora.binaries import embedded_binaries, find_binaries, unprivileged_account
from local.processes import Process, free_port
from tests.support.contexts import ROOT

_MASTER = """
CREATE ROLE rds_superuser NOLOGIN;
GRANT pg_monitor TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE master LOGIN CREATEROLE CREATEDB IN ROLE rds_superuser;
CREATE ROLE shop LOGIN;
ALTER DATABASE app OWNER TO master;
GRANT CREATE ON SCHEMA public TO shop;
"""
_EXTENSION = """
GRANT USAGE ON SCHEMA aws_s3, aws_commons TO rds_superuser WITH GRANT OPTION;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_s3, aws_commons TO rds_superuser WITH GRANT OPTION;
"""
EXPORT = "aws_s3.query_export_to_s3(text, aws_commons._s3_uri_1, text, text)"


def documented(word: str) -> list[str]:
    """The statements of the page's block of SQL with this word in it, but for the extension itself."""
    blocks = re.findall(r"^ *```sql\n(.*?)^ *```", (ROOT / "docs/deploy.md").read_text(), re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if word in block]
    statements = [part.strip() for part in re.sub(r"--.*", "", block).split(";")]
    return [part for part in statements if part and "CREATE EXTENSION" not in part]


class Cluster:
    """A server that lets everybody in, with a database `app`."""

    def __init__(self, port: int) -> None:
        self.port = port

    def run(self, role: str, statements: list[str], database: str = "app") -> list[Any]:
        """The statements as this role, one by one; what the last of them returned."""
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, dbname=database, user=role)
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture(scope="module", params=["system", "embedded"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server with an application's tables and Aurora's master user, before anything was granted."""
    home, account, port = tmp_path_factory.mktemp("grants"), unprivileged_account(), free_port()
    folder = laptop._folder(home, account)
    find = find_binaries if request.param == "system" else embedded_binaries
    binaries = find(account, folder / "binaries")
    command = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "rdsadmin", "-A", "trust", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, user=account, cwd=folder)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    server = [str(binaries / "postgres"), "-D", str(folder / "data"), *options]
    processes.start(home, Process("grants", server, working_folder=folder, user=account))
    made = Cluster(port)
    processes.wait_until(home, "grants", lambda: made.run("rdsadmin", ["SELECT 1"], "postgres") == [(1,)])
    made.run("rdsadmin", ["CREATE DATABASE app"], "postgres")
    extension = (Path(laptop.__file__).parent / "aws_s3.sql").read_text().replace("@SPOOL@", "/nowhere")
    made.run("rdsadmin", [_MASTER, extension, _EXTENSION])
    made.run("shop", ["CREATE TABLE public.orders (id int PRIMARY KEY)"])
    yield made
    processes.stop(home)
    laptop.remove_aurora(home)


@pytest.fixture(scope="module")
def granted(cluster: Cluster) -> Cluster:
    """After the page's grants, in its order."""
    cluster.run("master", documented("CREATE EXTENSION"))
    cluster.run("shop", documented("DEFAULT PRIVILEGES"))
    cluster.run("shop", ["CREATE TABLE public.later (id int PRIMARY KEY)"])
    return cluster


def session_of(cluster: Cluster, role: str, monkeypatch: pytest.MonkeyPatch) -> aurora.AuroraSession:
    where = {"host": "127.0.0.1", "port": cluster.port, "dbname": "app", "user": role, "sslmode": "disable"}
    monkeypatch.setattr(vault, "secret", lambda _table, _path: where)
    monkeypatch.setattr(aurora, "_warm", [])
    return aurora._connect("t")


def assert_enough(session: aurora.AuroraSession) -> None:
    for table in ("public.orders", "public.later"):
        spec = parse_spec({"table_name": table, "watermark_type": "full_snapshot"}, "test")
        assert read_relation(session, spec).key == ["id"]
        assert session.rows(f"SELECT * FROM {table}") == []
    read_fence(session, "t", 0, watermark=True)
    allowed = "SELECT has_function_privilege(%s, 'EXECUTE') AS may"
    assert session.row(allowed, (EXPORT,))["may"]
    assert session.row(allowed, ("aws_commons.create_s3_uri(text, text, text)",))["may"]
    session.close()


def test_the_sync_role_may_do_what_it_must(granted: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_enough(session_of(granted, "aurora_sync", monkeypatch))


def test_the_sync_role_may_run_no_other_function_of_the_extension(granted: Cluster) -> None:
    [(others,)] = granted.run(
        "rdsadmin",
        [
            "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
            "WHERE nspname IN ('aws_s3', 'aws_commons') AND has_function_privilege('aurora_sync', p.oid, 'EXECUTE')"
        ],
    )
    assert others == 2


def test_the_master_user_may_grant_nothing_on_tables_of_others(granted: Cluster) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="permission denied for table"):
        granted.run("master", ["GRANT SELECT ON ALL TABLES IN SCHEMA public TO aurora_sync"])


def test_users_that_vault_makes_may_do_the_same(granted: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    granted.run("master", documented("vault_admin"))
    [create] = documented("{{name}}")
    filled = {"{{name}}": "v-1", "{{password}}": "p", "{{expiration}}": "2100-01-01"}
    for name, value in filled.items():
        create = create.replace(name, value)
    granted.run("vault_admin", [create])
    assert_enough(session_of(granted, "v-1", monkeypatch))
    granted.run("vault_admin", ['DROP ROLE "v-1"'])


def test_row_level_security_ends_where_the_message_says(granted: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    granted.run("rdsadmin", ["CREATE ROLE owner_", "CREATE ROLE other_sync LOGIN"])
    granted.run("rdsadmin", ["CREATE TABLE hidden (id int PRIMARY KEY)", "ALTER TABLE hidden OWNER TO owner_"])
    granted.run("rdsadmin", ["ALTER TABLE hidden ENABLE ROW LEVEL SECURITY", "GRANT SELECT ON hidden TO other_sync"])
    spec = parse_spec({"table_name": "public.hidden", "watermark_type": "full_snapshot"}, "test")
    session = session_of(granted, "other_sync", monkeypatch)
    said = r"^public.hidden: row-level security .*GRANT owner_ TO other_sync"
    with pytest.raises(AccessDenied, match=said):
        read_relation(session, spec)
    granted.run("rdsadmin", ["GRANT owner_ TO other_sync"])
    assert read_relation(session, spec).key == ["id"]
    granted.run("rdsadmin", ["ALTER TABLE hidden FORCE ROW LEVEL SECURITY"])
    with pytest.raises(AccessDenied, match="NO FORCE ROW LEVEL SECURITY"):
        read_relation(session, spec)
    session.close()
